import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { openApi, type Api } from '../http/api.js';

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook: string };
}

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path: string): string => readFileSync(file(path), 'utf8');
const { groups } = parse(read('deploy/alerts.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules.map((rule): [string, Rule] => [rule.alert, rule]));

/** The names of the nodes of an expression with the text of each. */
function nodesOf(expr: string): { name: string; text: string }[] {
  const nodes: { name: string; text: string }[] = [];
  parser.parse(expr).iterate({ enter: ({ name, from, to }) => void nodes.push({ name, text: expr.slice(from, to) }) });
  return nodes;
}

/** The anchors that a page has, as its headings make them. */
const anchorsOf = (page: string): string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );

let api: Api;
let metrics: string;
beforeAll(async () => {
  api = await openApi();
  metrics = await (await fetch(`${api.url}/metrics`)).text();
});
afterAll(() => api.close());

test('there are rules for stuck and parked sagas, for the oldest open row and for the outboxes', () => {
  const asked = new Set(
    rules
      .flatMap(([, { expr }]) => nodesOf(expr))
      .filter(({ name }) => name === 'Identifier')
      .map(({ text }) => text),
  );
  expect([...asked]).toEqual(
    expect.arrayContaining([
      'veltrix_sagas',
      'veltrix_oldest_stuck_seconds',
      'veltrix_oldest_open_deal_seconds',
      'veltrix_outbox_depth',
    ]),
  );
});

test.each(rules)('%s is PromQL about metrics and labels that the API has', (_, { expr }) => {
  const nodes = nodesOf(expr);
  expect(nodes.filter(({ name }) => name === '⚠')).toEqual([]);
  const selectors = nodes.filter(({ name }) => name === 'VectorSelector').map(({ text }) => text);
  expect(selectors.length).toBeGreaterThan(0);
  for (const selector of selectors) {
    const [, name = '', label] = /^(\w+)(?:\{(\w+="\w+")\})?$/.exec(selector) ?? [];
    // A metric of accounts has no value while no account was asked, and is described all the same.
    expect(metrics).toMatch(new RegExp(`^(?:# TYPE )?${name}\\b${label === undefined ? '' : `\\{[^}]*${label}`}`, 'm'));
  }
});

test.each(rules)('%s has a runbook that is there', (_, { annotations: { runbook } }) => {
  const [page = '', anchor = ''] = runbook.split('#');
  expect(existsSync(file(page))).toBe(true);
  expect(anchorsOf(read(page))).toContain(anchor);
});

test('promtool is told what each rule is to make of time series', () => {
  const { tests } = parse(read('deploy/alerts.test.yml')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
  };
  const fired = new Set(
    tests
      .flatMap((one) => one.alert_rule_test)
      .filter(({ exp_alerts: alerts }) => alerts.length > 0)
      .map(({ alertname }) => alertname),
  );
  expect([...fired].sort()).toEqual(rules.map(([name]) => name).sort());
});
