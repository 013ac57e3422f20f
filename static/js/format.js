/** Numbers, times and sizes as the templates write them (`tasks/display.py`), so that live and
 * stored pages agree. */

/** One decimal, cut off: 99.99 reads 99.9, because 100 means SUCCESS. */
export function percent(value) {
  return String(Math.floor(value * 10 + 1e-6) / 10);
}

/** A length of time with as much precision as a person wants, cut off. */
export function duration(milliseconds) {
  const tenths = Math.floor(Math.max(milliseconds, 0) / 100);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.floor(tenths / 10);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${padded(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${padded(minutes % 60)} min`;
}

function padded(number) {
  return String(number).padStart(2, "0");
}

const RELATIVE_UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const relativeFormat = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** A moment as "3 minutes ago", from how many milliseconds ago it was. */
export function ago(milliseconds) {
  const seconds = milliseconds / 1000;
  for (const [unit, size] of RELATIVE_UNITS) {
    if (seconds >= size) return relativeFormat.format(-Math.floor(seconds / size), unit);
  }
  return "just now";
}

/** So many bytes, as Django's `filesizeformat` writes them. */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} byte${bytes === 1 ? "" : "s"}`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
