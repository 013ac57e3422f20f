/** Brings a part of the page up to date in place: what has not changed keeps focus and pointer. */

/** The elements of an HTML page or fragment that a server has sent. */
export function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

/** Make `element` like `fresh`. What somebody is typing into stays. */
export function morph(element, fresh) {
  Idiomorph.morph(element, fresh, { ignoreActiveValue: true });
}

/** The same for each region below `root` that the fresh page has, too, by its id. */
export function morphRegions(root, selector, page) {
  for (const region of root.querySelectorAll(selector)) {
    const fresh = page.getElementById(region.id);
    if (fresh) morph(region, fresh);
  }
}
