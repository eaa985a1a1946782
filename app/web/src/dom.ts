// Elements from values. Text is set as text, so that nothing that an account or a file holds becomes markup.

export type Child = Node | string | number | bigint | null | undefined | false | readonly Child[];
type Value = string | number | boolean | ((event: any) => void) | undefined;
type Attributes = Record<string, Value>;

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; a function is a listener of the event that the attribute names. */
export function h(name: string, attributes: Attributes | null, ...children: Child[]): HTMLElement {
  return fill(document.createElement(name), attributes, children);
}

/** An SVG element. */
export function s(name: string, attributes: Attributes | null, ...children: Child[]): SVGElement {
  return fill(document.createElementNS(SVG, name) as SVGElement, attributes, children);
}

function fill<E extends Element>(element: E, attributes: Attributes | null, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") {
      (element as any)[`on${name}`] = value;
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) {
      append(element, child);
    } else if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : String(child));
    }
  }
}

/**
 * Makes `now` look as `next`, keeping the elements that stay: what has the focus, is selected or is folded out remains so while news arrive.
 * A form's fields keep what was typed.
 */
export function morph(now: Element, next: Element): void {
  for (const { name } of [...now.attributes]) {
    if (!next.hasAttribute(name) && !(name === "open" && now.localName === "details")) {
      now.removeAttribute(name);
    }
  }
  for (const { name, value } of [...next.attributes]) {
    if (now.getAttribute(name) !== value) {
      now.setAttribute(name, value);
    }
  }
  for (const event of ["onclick", "onsubmit", "oninput", "onchange", "ondrop", "ondragover", "ondragleave"]) {
    if ((now as any)[event] !== (next as any)[event]) {
      (now as any)[event] = (next as any)[event] ?? null;
    }
  }
  if (now.localName === "textarea") {
    return;
  }
  const wanted = [...next.childNodes];
  const keys = new Set(wanted.map(keyOf).filter((key) => key !== null));
  const kept = new Map<string, ChildNode>();
  for (const child of now.childNodes) {
    const key = keyOf(child);
    if (key !== null && keys.has(key)) {
      kept.set(key, child);
    }
  }
  let there = now.firstChild;
  for (const child of wanted) {
    // What is gone goes first, so that what stays need not move: an element that is moved loses the focus.
    while (there !== null && keyOf(there) !== null && !keys.has(keyOf(there)!)) {
      there = drop(there);
    }
    const key = keyOf(child);
    const mine: ChildNode | null = key === null ? there : (kept.get(key) ?? null);
    if (mine === null || (key === null && keyOf(mine) !== null)) {
      now.insertBefore(child, there);
      continue;
    }
    if (mine !== there) {
      now.insertBefore(mine, there);
    } else {
      there = mine.nextSibling;
    }
    if (mine instanceof Element && child instanceof Element && mine.localName === child.localName) {
      morph(mine, child);
    } else if (mine.nodeType === Node.TEXT_NODE && child.nodeType === Node.TEXT_NODE) {
      if (mine.nodeValue !== child.nodeValue) {
        mine.nodeValue = child.nodeValue;
      }
    } else {
      now.replaceChild(child, mine);
    }
  }
  while (there !== null) {
    there = drop(there);
  }
}

/** What an element is called among its siblings, where it has a name. */
const keyOf = (node: Node): string | null => (node instanceof Element ? node.getAttribute("data-key") : null);

function drop(node: ChildNode): ChildNode | null {
  const next = node.nextSibling;
  node.remove();
  return next;
}
