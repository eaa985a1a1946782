// A loan in numbers: what it is worth, how near it stands to the rules.

import type { Market, Position } from "@assay/sdk/lending";
import type { Source } from "@assay/sdk/feed";

/** Debt, base units: shares at the index of the last accrual, rounded up. */
export const debtOf = ({ debtShares }: Position, { borrowIndex }: Market): bigint => (debtShares * borrowIndex + (1n << 64n) - 1n) >> 64n;

/** Worth of an amount, US dollars. */
export const worth = (amount: bigint, decimals: number, price: bigint): number => (Number(amount) / 10 ** decimals) * (Number(price) / 1e8);

export type Loan = {
  readonly debt: bigint;
  readonly debtWorth: number;
  readonly collateralWorth: number;
  /** Loan to value, basis points; infinite where nothing backs it. */
  readonly ltvBps: number;
  /** Price of the collateral, US dollars, at which the ratio would be this, in basis points. */
  readonly priceAt: (bps: number) => number;
};

export function loan(position: Position, market: Market, collateralPrice: bigint, debtPrice: bigint): Loan {
  const debt = debtOf(position, market);
  const debtWorth = worth(debt, market.debtDecimals, debtPrice);
  const collateralWorth = worth(position.collateral, market.collateralDecimals, collateralPrice);
  const units = Number(position.collateral) / 10 ** market.collateralDecimals;
  return {
    debt,
    debtWorth,
    collateralWorth,
    ltvBps: debt === 0n ? 0 : collateralWorth === 0 ? Infinity : (debtWorth / collateralWorth) * 10_000,
    priceAt: (bps) => debtWorth / units / (bps / 10_000),
  };
}

/** Final prices of the last hours or minutes, oldest first: time in Unix seconds, price in US dollars. Of a ring, only what is of one stretch. */
export function ring(entries: readonly { price: bigint; hour?: number; minute?: number }[], seconds: number): { x: number; y: number }[] {
  const index = ({ hour, minute }: { hour?: number; minute?: number }) => hour ?? minute ?? 0;
  const filled = entries.filter(({ price }) => price > 0n).sort((one, other) => index(one) - index(other));
  const last = filled.at(-1);
  return last === undefined ? [] : filled.filter((entry) => index(last) - index(entry) < entries.length).map((entry) => ({ x: index(entry) * seconds, y: Number(entry.price) / 1e8 }));
}

export const hours = ({ hours }: Pick<Source, "hours">) => ring(hours, 3_600);
export const minutes = ({ minutes }: Pick<Source, "minutes">) => ring(minutes, 60);
