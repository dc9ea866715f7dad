/** What stands where something was left out. */
const leftOut = '…';

/** What names a machine, a user or a database in the words of PostgreSQL, of Node.js and of gRPC. */
const places: readonly [RegExp, string][] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, leftOut],
  [/\b(user|role|database|host|hostname|server at)( name)? ("[^"]*"|'[^']*')/gi, `$1 ${leftOut}`],
  [/\b(getaddrinfo|ENOTFOUND|EAI_AGAIN|queryA|queryAaaa) (?!ENOTFOUND|EAI_AGAIN)[\w.-]+/g, `$1 ${leftOut}`],
  [/\S*\.s\.PGSQL\.\d+/g, leftOut],
  [/\b(?:dns|ipv[46]|unix|xds):\S+/gi, leftOut],
  [/\bHost: \S+( is not in the cert's altnames:?).*/gi, `Host: ${leftOut}$1 ${leftOut}`],
  [/\b(connect(?:ion)? to) (?!the |a )[\w-]+(?:\.[\w-]+)+(?::\d+)?/gi, `$1 ${leftOut}`],
  [/(?:\[[0-9a-f:.]+\]|(?<![\w:])(?=[0-9a-f:]*::|(?:[0-9a-f]{1,4}:){7})[0-9a-f:.]+)(?::\d+)?/gi, leftOut],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, leftOut],
  [/\b(?:localhost|[\w-]+(?:\.[\w-]+)+)(?::\d+)\b/g, leftOut],
  [/\blocalhost\b/g, leftOut],
];

const ids = /\b(?:[a-z]{3}_)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

/**
 * What a step has failed with, for a title: without hosts, users and databases, and without ids but the title's own.
 * The full text is in the log of the worker.
 * @param own the ids that the title knows, such as those of its deals and instances
 */
export function whyForTitle(why: string, own: ReadonlySet<string>): string {
  const known = new Set([...own].flatMap((id) => [id, id.slice(4)]));
  const withoutPlaces = places.reduce((text, [pattern, instead]) => text.replace(pattern, instead), why);
  return withoutPlaces.replace(ids, (id) => (known.has(id) ? id : leftOut));
}

/**
 * What an act was answered, for a title. Only one answer has the words of a step in it; the others are the run's own
 * words and the operator's.
 */
export function answerForTitle<A extends { code: string; detail: string }>(answer: A, own: ReadonlySet<string>): A {
  return answer.code === 'step-failed-again' ? { ...answer, detail: whyForTitle(answer.detail, own) } : answer;
}
