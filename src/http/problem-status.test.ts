import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { errorTitles, type ErrorCode } from '../errors.js';
import { packageRoot, renderErrors } from './documents.js';
import { problemStatus } from './problem-status.js';

const markdown = readFileSync(join(packageRoot(), 'docs', 'errors.md'), 'utf8');
const entries = [...markdown.matchAll(/^### (.+)\n(\d+)\. (.+)/gm)].map(([, code, status, text]) => ({
  code,
  status: Number(status),
  text,
}));

describe('the lists of errors', () => {
  test('name the same codes in the code, in the statuses and in docs/errors.md', () => {
    const codes = Object.keys(errorTitles).sort();
    expect(Object.keys(problemStatus).sort()).toEqual(codes);
    expect(entries.map(({ code }) => code).sort()).toEqual(codes);
    expect([...markdown.matchAll(/^###/gm)]).toHaveLength(codes.length);
  });

  test('name the same statuses', () => {
    expect(Object.fromEntries(entries.map(({ code, status }) => [code, status]))).toEqual(problemStatus);
  });

  test('every entry can be linked to, as the type of a problem does', () => {
    const page = renderErrors(markdown);
    for (const code of Object.keys(errorTitles) as ErrorCode[]) expect(page).toContain(`<h3 id="${code}">${code}</h3>`);
  });
});
