// How numbers, times and bytes are written.

const DIGITS = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A whole number with separators. */
export const whole = (value: number | bigint): string => DIGITS.format(value);

/** `units` of 10^-decimals, with `least` to `most` places; what is beyond is cut off, as whoever pays out would. */
export function amount(units: bigint, decimals: number, least = 0, most = least || 4): string {
  const text = (units < 0n ? -units : units).toString().padStart(decimals + 1, "0");
  const [before, after] = [text.slice(0, text.length - decimals), text.slice(text.length - decimals)];
  const places = after.slice(0, most).replace(/0+$/, "").padEnd(Math.min(least, decimals), "0");
  return `${units < 0n ? "−" : ""}${whole(BigInt(before))}${places === "" ? "" : `.${places}`}`;
}

/** A price in units of 1e-8 US dollars. */
export function dollars(units: bigint): string {
  const value = Number(units) / 1e8;
  const places = value >= 1_000 ? 0 : value >= 10 ? 2 : 4;
  return `$${value.toLocaleString("en", { minimumFractionDigits: places, maximumFractionDigits: places })}`;
}

/** Basis points as percent. */
export const percent = (bps: number, places = 2): string => (Number.isFinite(bps) ? `${(bps / 100).toFixed(places)} %` : "∞ %");

/** A number that a tensor's integer stands for: exact, as short as it is. */
export function real(value: number | null): string {
  if (value === null) {
    return "missing";
  }
  return Number.isFinite(value) ? value.toString().replace("-", "−") : value > 0 ? "∞" : "−∞";
}

/** Unix seconds as a date and time, UTC; the epoch and what no calendar has in words. */
export function time(seconds: bigint | number): string {
  const value = Number(seconds);
  if (value === 0) {
    return "never";
  }
  const date = new Date(value * 1000);
  return Number.isNaN(date.getTime()) || value > 253_402_300_799 ? "beyond all calendars" : date.toISOString().slice(0, 19).replace("T", " ") + " UTC";
}

/** Seconds as a span, in its two largest units. */
export function span(seconds: bigint | number): string {
  let rest = Math.abs(Number(seconds));
  const parts: string[] = [];
  for (const [unit, length] of [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]] as const) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0 && parts.length < 2) {
      parts.push(`${whole(count)} ${unit}`);
    }
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

/** A time seen from another, in words. */
export function ago(then: bigint | number, now: bigint | number): string {
  const distance = Number(now) - Number(then);
  return Math.abs(distance) < 1 ? "now" : distance > 0 ? `${span(distance)} ago` : `in ${span(distance)}`;
}

/** The two ends of an address or a hash. */
export const short = (text: string): string => (text.length > 16 ? `${text.slice(0, 6)}…${text.slice(-6)}` : text);

/** One thing, or more of them. */
export const count = (number: number | bigint, one: string, more = `${one}s`): string =>
  `${whole(number)} ${Number(number) === 1 ? one : more}`;
