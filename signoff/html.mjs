// Text on the sheet: escaped, readable, cut between words; verdicts as chips.

/** What a reader would not see, or in another order than it was said; as `readable` of qaws/verdict.py. */
const UNREADABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\p{Surrogate}]/gu;
const spelled = (sign) => {
  const code = sign.codePointAt(0).toString(16);
  return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
};
export const escape = (text) =>
  String(text ?? "").replace(UNREADABLE, spelled).replace(/[&<>"']/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[sign]);
/** Cut a text to a length, between two words where there is a blank to cut at. */
export const clip = (text, length) => {
  if (text.length <= length) return text;
  const blank = text.lastIndexOf(" ", length - 2);
  if (blank > length / 2) return `${text.slice(0, blank)} …`;
  return `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, "")}…`;
};
/** Cut a text to a length where a part of its sentence ends; never within a quotation, where there is a place before it. */
export const clipSentence = (text, length) => {
  if (text.length <= length) return text;
  const ends = [...text.slice(0, length - 1).matchAll(/[;,](?= )|(?= \()/g)].map(({ index }) => index);
  const whole = ends.filter((at) => text.slice(0, at).split('"').length % 2 === 1 && at > length / 3);
  return whole.length ? `${text.slice(0, whole.at(-1))} …` : clip(text, length);
};
/** Cut a name to a length in its middle: names that begin alike end differently. */
export const clipName = (text, length) => {
  const signs = [...text];
  return signs.length <= length ? text : `${signs.slice(0, length - 25).join("").trimEnd()} … ${signs.slice(-22).join("").trimStart()}`;
};
export const slug = (verdict) => verdict.toLowerCase().replaceAll(" ", "-");
export const chip = (verdict) => `<span class="chip ${slug(verdict)}">${escape(verdict)}</span>`;
export const plural = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
