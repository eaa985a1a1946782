// The page: which view the address names, of which server, drawn again whenever something changes.

import { Engine } from "@assay/sdk";
import { isAddress, type Address } from "@solana/kit";

import { Chain, socketOf } from "./chain.js";
import { h, morph, type Child } from "./dom.js";
import { ago, short } from "./format.js";
import { note, type Page, type View } from "./page.js";
import { onVerdict } from "./read.js";
import { feed, feeds, source } from "./views/feeds.js";
import { market, markets, position } from "./views/lending.js";
import { model, models, receipt } from "./views/models.js";
import { proof } from "./views/proof.js";
import { question, questions } from "./views/questions.js";

type Route = (page: Page, address: Address) => View;

/** Views of everything, then of one account. */
const ROUTES: Record<string, Route> = { "": proof, models, lending: markets, feeds, questions };
const OF_ONE: Record<string, readonly [part: string, view: Route]> = {
  model: ["models", model],
  receipt: ["models", receipt],
  market: ["lending", market],
  position: ["lending", position],
  feed: ["feeds", feed],
  source: ["feeds", source],
  question: ["questions", question],
};
const NAVIGATION = [["", "Verify"], ["models", "Models"], ["lending", "Lending"], ["feeds", "Feeds"], ["questions", "Questions"]] as const;

const LOCAL = "http://127.0.0.1:8899";

/** What the page's address asks for: a server, its socket, a genesis. */
function asked(): { rpc: string; socket: string; genesis: string | undefined; wrong?: string } {
  const search = new URLSearchParams(location.search);
  const genesis = search.get("genesis") ?? undefined;
  const rpc = search.get("rpc") ?? LOCAL;
  try {
    const { protocol, href } = new URL(rpc);
    if (protocol !== "http:" && protocol !== "https:") {
      throw new TypeError();
    }
    return { rpc: href, socket: search.get("ws") ?? socketOf(href), genesis };
  } catch {
    return { rpc: LOCAL, socket: socketOf(LOCAL), genesis, wrong: `“${rpc.slice(0, 100)}” is no address of a server, which begins with http:// or https://; ${LOCAL} is used instead` };
  }
}

const [header, main, footer] = ["header", "main", "footer"].map((id) => document.getElementById(id)!) as [HTMLElement, HTMLElement, HTMLElement];
let { rpc, socket, genesis, wrong } = asked();
let chain = new Chain(rpc, socket, genesis, draw);
let engine: Engine | undefined;
let shown: string | undefined;
let isDue = false;

/** Draws at the next moment; many calls are one. */
function draw(): void {
  if (!isDue) {
    isDue = true;
    setTimeout(() => {
      isDue = false;
      render();
    }, 30);
  }
}

function render(): void {
  const [, name = "", argument = ""] = location.hash.split("/");
  const [part, view] = Object.hasOwn(OF_ONE, name) && argument !== "" ? OF_ONE[name]! : [name, Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined];
  const page: Page | undefined = engine && { engine, chain, width: Math.min(document.documentElement.clientWidth, 1080) - 40, now: chain.clock.time, redraw: draw };
  const drawn: View =
    page === undefined
      ? { title: "Assay", body: h("p", { class: "quiet" }, "Loading the verifier …") }
      : chain.during(() => {
          if (view === undefined || (argument !== "" && !isAddress(argument))) {
            return { title: "Not here", body: [h("h1", null, "Nothing is here"), note("bad", view === undefined ? `There is no view “${name.slice(0, 40)}”.` : `“${argument.slice(0, 60)}” is no address.`)] };
          }
          try {
            return view(page, argument as Address);
          } catch (error) {
            console.error(error);
            return { title: "Not readable", body: [h("h1", null, "This cannot be shown"), note("bad", `The server shows accounts that no program writes: ${error instanceof Error ? error.message : String(error)}.`)] };
          }
        });
  document.title = `${drawn.title} · Assay`;
  morph(header, h("header", { id: "header" }, head(part)));
  morph(main, h("main", { id: "main", tabindex: "-1" }, trouble(part), drawn.body));
  morph(footer, h("footer", { id: "footer" }, foot()));
  if (shown !== undefined && shown !== location.hash) {
    main.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
  shown = location.hash;
}

function head(part: string): Child {
  const connect = (event: SubmitEvent) => {
    event.preventDefault();
    const url = ((event.target as HTMLFormElement).elements.namedItem("rpc") as HTMLInputElement).value.trim();
    history.pushState(null, "", `?${new URLSearchParams({ rpc: url })}${location.hash}`);
    change();
  };
  const state = chain.refusal !== undefined ? "off" : chain.genesis === undefined ? "asking" : chain.isStale ? "stale" : "live";
  const words = { off: "not connected", asking: "connecting", stale: "cut off", live: "live" }[state];
  return [
    h("p", { class: "brand" }, h("a", { href: "#/" }, "Assay")),
    h("nav", { "aria-label": "Views" }, NAVIGATION.map(([path, title]) => h("a", { href: `#/${path}`, "aria-current": path === part ? "page" : undefined }, title))),
    h(
      "details",
      { class: "server" },
      h("summary", null, h("span", { class: `lamp ${state}`, role: "status" }, words), chain.clock.slot > 0n && h("span", { class: "quiet" }, ` slot ${chain.clock.slot}`)),
      h(
        "form",
        { submit: connect },
        h("label", { for: "rpc" }, "RPC server"),
        h("input", { id: "rpc", name: "rpc", value: rpc, spellcheck: "false", autocomplete: "off", inputmode: "url" }),
        h("button", { type: "submit" }, "Connect"),
        h("p", { class: "quiet" }, chain.genesis === undefined ? "Nothing was heard of it yet." : `Genesis ${short(chain.genesis)}. Subscriptions at ${socket}.`),
      ),
    ),
  ];
}

/** What is to be known before one believes what is shown. */
function trouble(part: string): Child {
  const ofFiles = part === "";
  return [
    wrong !== undefined && note("bad", wrong),
    chain.refusal !== undefined && !ofFiles && note("bad", `${chain.refusal}.`),
    chain.refusal === undefined && chain.genesis !== undefined && chain.isStale && !ofFiles &&
      note("warn", chain.socket === "open" ? "The server tells nothing any more: " : "The connection for news is cut: ", `what you see may be old. It was last heard ${ago(Math.floor(chain.heard / 1000), Math.floor(Date.now() / 1000))}; lists are asked for again every half a minute.`),
  ];
}

function foot(): Child {
  return h("p", null, "Proofs, digests, addresses and chains of hashes are computed in this browser. All else is the server's word: ask one that you trust, or run one. No wallet, no secrets, no third parties.");
}

function change(): void {
  chain.close();
  ({ rpc, socket, genesis, wrong } = asked());
  chain = new Chain(rpc, socket, genesis, draw);
  draw();
}

window.addEventListener("hashchange", render);
window.addEventListener("popstate", () => (asked().rpc === rpc ? undefined : change()));
window.addEventListener("resize", draw);
onVerdict(draw);
render();
Engine.load().then(
  (loaded) => {
    engine = loaded;
    render();
  },
  (error: unknown) => morph(main, h("main", { id: "main", tabindex: "-1" }, note("bad", `The verifier could not be loaded: ${error instanceof Error ? error.message : String(error)}`))),
);
