/** The little Markdown of an answer: fenced code and `code` become elements, the rest is text. */

const FENCE = /^```[^\n]*\n([\s\S]*?)^```[ \t]*$/m;
const CODE = /`([^`\n]+)`/;

/** Nodes for `text`. Nothing in it is ever read as HTML. */
export function nodes(text) {
  return split(text, FENCE, (code) => element("pre", code.trimEnd())).flatMap((part) =>
    typeof part === "string" ? inline(part) : part,
  );
}

function inline(text) {
  return split(text.trim(), CODE, (code) => element("code", code));
}

/** The pieces of `text` between the matches of `pattern`, and what `made` makes of each match. */
function split(text, pattern, made) {
  return text.split(pattern).flatMap((piece, index) => {
    if (index % 2) return [made(piece)];
    return piece ? [piece] : [];
  });
}

function element(name, content) {
  const made = document.createElement(name);
  made.textContent = content;
  return made;
}
