// What scripts of pages share: asking our own API, and the words for what any page may be refused.

/** An answer that is not a yes. */
export class Refused extends Error {
  constructor(answer, body) {
    super(`refused with ${answer.status}`);
    this.answer = answer;
    this.body = body;
  }
}

/** The answer to `content` as JSON. Throws `Refused`, and a `TypeError` where nobody answers. */
export async function post(address, content) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: content && JSON.stringify(content),
  });
  if (!answer.ok) throw new Refused(answer, await answer.clone().json().catch(() => ({})));
  return answer;
}

/** `slow_down` or `away` of the words; undefined for a refusal that is the page's own to explain. */
export function inWords(fault, words) {
  if (!(fault instanceof Refused) || fault.answer.status >= 500) return words.away;
  if (fault.answer.status !== 429) return undefined;
  const seconds = Number(fault.answer.headers.get("Retry-After")) || 60;
  return words.slow_down.replace("{wait}", wait(seconds));
}

function wait(seconds) {
  const [number, unit] = seconds < 120 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  const style = { style: "unit", unit, unitDisplay: "long" };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(number);
}
