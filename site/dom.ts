/**
 * The only way in which this page makes elements: text is text, whatever a file says. The page's policy refuses markup made of strings
 * (`require-trusted-types-for 'script'`), so that a slip here fails instead of being run.
 */

type Child = Node | string | number
type Attributes = Record<string, string | number | boolean | ((event: never) => void)>

/** characters that turn text round, or are not to be seen */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** Text from anywhere, without what moves a cursor or turns it round. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, '\ufffd')

/** Attributes that are functions are listeners: `{ click: () => … }`. true and false: there or not. */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value as (event: Event) => void)
    else if (value === true) element.setAttribute(key, '')
    else if (value !== false) element.setAttribute(key, printable(String(value)))
  }
  element.append(...children.map((child) => (child instanceof Node ? child : printable(String(child)))))
  return element
}

/** What stands in index.html under this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id)
  if (!element) throw new Error(`#${id}: not in the page`)
  return element as T
}

/** Writes only where it changes: a screen reader and the layout are left alone. */
export function say(element: Element, text: string): void {
  const shown = printable(text)
  if (element.textContent !== shown) element.textContent = shown
}

/** The name of a file: where there is little room its folder is cut, not the file, and the title has it whole. */
export function sayName(place: HTMLElement, name: string): void {
  const shown = printable(name)
  if (place.title === shown) return
  place.title = shown
  const [file] = /[^/\\]*$/.exec(shown)!
  const folder = shown.slice(0, shown.length - file.length)
  place.replaceChildren(el('span', { class: 'folder' }, folder), el('span', { class: 'base' }, file))
}

/** head: of the columns; rows: a cell each, the first names the row. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly Child[])[]): HTMLElement {
  const cells = (row: readonly Child[]) =>
    row.map((cell, i) => (i === 0 ? el('th', { scope: 'row' }, cell) : el('td', {}, cell)))
  const columns = el('tr', {}, ...head.map((name) => el('th', { scope: 'col' }, name)))
  const element = el(
    'table',
    {},
    el('caption', {}, caption),
    ...(head.some((name) => name !== '') ? [el('thead', {}, columns)] : []),
    el('tbody', {}, ...rows.map((row) => el('tr', {}, ...cells(row)))),
  )
  return el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption }, element)
}
