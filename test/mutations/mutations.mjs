import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

/**
 * A protection, by a change that takes it away.
 *
 * @typedef {object} Mutation
 * @property {string} name what is missing then
 * @property {string} file the file that is changed
 * @property {string} find the text that is changed; it is in the file exactly once, however the file is laid out
 * @property {string} replace what the text is changed to
 * @property {string} test the file of the test that catches it
 * @property {string} says a part of that test's name
 * @property {string} [red] what the failure says, where it is no failed `expect` and no broken property of the protocol
 */

/** The protections of every `*.mutations.mjs` in this folder, one file for each subject. @type {Mutation[]} */
export const mutations = (
  await Promise.all(
    readdirSync(folder)
      .filter((file) => file.endsWith('.mutations.mjs'))
      .sort()
      .map(async (file) => (await import(pathToFileURL(join(folder, file)).href)).default),
  )
).flat();

/**
 * Where a text stands in a source, however a formatter has laid it out: the space between its words and signs may
 * differ, and so may a comma before a closing bracket.
 * @param {string} find
 * @returns {RegExp} with the flag g
 */
export function layoutOf(find) {
  const pieces = find.match(/\w+|[^\w\s]/g) ?? [];
  let pattern = '';
  for (const [index, piece] of pieces.entries()) {
    const bothWords = /\w/.test(piece) && /\w/.test(pieces[index - 1] ?? '');
    if (index > 0) pattern += bothWords ? '\\s+' : /[)\]}]/.test(piece) ? '\\s*,?\\s*' : '\\s*';
    pattern += piece.replace(/[^\w]/, '\\$&');
  }
  return new RegExp(pattern, 'g');
}

/**
 * Why mutations cannot be made.
 * @param {string} root the checkout that they are made in
 * @param {Mutation[]} chosen
 * @returns {string[]} a sentence for each fault
 */
export function faultsOf(root, chosen) {
  const names = chosen.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...twice.map((name) => `${name}: two mutations have this name.`),
    ...chosen.flatMap((mutation) => unfit(root, mutation)),
  ];
}

function unfit(root, { name, file, find, replace, test, says }) {
  if (!existsSync(join(root, file))) return [`${name}: there is no ${file}.`];
  if (!existsSync(join(root, test))) return [`${name}: there is no ${test}.`];
  if (!says) return [`${name}: it names no test.`];
  const found = [...readFileSync(join(root, file), 'utf8').matchAll(layoutOf(find))].length;
  if (found !== 1) return [`${name}: its text is found ${found} times in ${file}, and must be there once.`];
  return layoutOf(find).source === layoutOf(replace).source ? [`${name}: it changes nothing.`] : [];
}
