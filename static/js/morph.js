/** Brings a part of the page up to date in place: what has not changed keeps focus and pointer. */

/** The elements of an HTML page or fragment that a server has sent. */
export function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

/**
 * Make `element` like `fresh`. What somebody is typing into stays.
 *
 * Nearly always both have the same shape, and only what differs is written: two hundred bars move at
 * once in a few milliseconds. Where they have not, Idiomorph finds what has become of what.
 */
export function morph(element, fresh) {
  if (sameShape(element, fresh)) copy(element, fresh);
  else Idiomorph.morph(element, fresh, { ignoreActiveValue: true });
}

/** The same for each region below `root` that the fresh page has, too, by its id. */
export function morphRegions(root, selector, page) {
  for (const region of root.querySelectorAll(selector)) {
    const fresh = page.getElementById(region.id);
    if (fresh) morph(region, fresh);
  }
}

function sameShape(element, fresh) {
  if (element.nodeName !== fresh.nodeName || element.id !== fresh.id) return false;
  const [ours, theirs] = [element.childNodes, fresh.childNodes];
  if (ours.length !== theirs.length) return false;
  for (let place = 0; place < ours.length; place += 1) {
    if (!sameShape(ours[place], theirs[place])) return false;
  }
  return true;
}

function copy(element, fresh) {
  if (element.nodeType !== Node.ELEMENT_NODE) {
    if (element.data !== fresh.data) element.data = fresh.data;
    return;
  }
  for (const { name, value } of fresh.attributes) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  for (const { name } of [...element.attributes]) {
    if (!fresh.hasAttribute(name)) element.removeAttribute(name);
  }
  for (let place = 0; place < fresh.childNodes.length; place += 1) {
    copy(element.childNodes[place], fresh.childNodes[place]);
  }
}
