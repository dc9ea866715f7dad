import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  forbidden: { name: string }[];
};

/**
 * For each rule an import that it must refuse: the file that imports, and what. Nothing is imported where that is
 * refused.
 */
const broken: Record<string, [file: string, imported: string]> = {
  'no-cycles': ['src/ledger/a.types.ts', './b.types.js'],
  'no-unresolved': ['src/ledger/c.types.ts', './nowhere.js'],
  'workflows-alone': ['workflows/w.ts', '../src/process/config.js'],
  'contracts-only': ['src/trades/t.service.ts', '../../workflows/w.js'],
  'one-forward-way': ['src/trades/q.service.ts', '../../workflows/settle-forward.js'],
  'contracts-import-nothing': ['contracts/c.ts', '../workflows/w.js'],
  'activities-call-services': ['activities/x.activities.ts', '../src/ledger/l.statements.js'],
  'only-worker-knows-activities': ['src/trades/u.service.ts', '../../activities/x.activities.js'],
  'platform-imports': ['src/http/h.ts', '../trades/t.service.js'],
  'temporal-imports': ['src/temporal/t.ts', '../exchanges/e.service.js'],
  'foundation-imports': ['src/ledger/l.service.ts', '../inventory/i.types.js'],
  'catalog-imports': ['src/catalog/c.service.ts', '../ledger/l.service.js'],
  'exchanges-imports': ['src/exchanges/e.service.ts', '../trades/t.service.js'],
  'deal-imports': ['src/trades/v.service.ts', '../ledger/l.service.js'],
  'store-imports': ['src/purchases/p.service.ts', '../ledger/l.service.js'],
  'refunds-imports': ['src/refunds/r.service.ts', '../inventory/i.types.js'],
  'payments-imports': ['src/payments/a.service.ts', '../ledger/l.service.js'],
  'reconciliation-imports': ['src/reconciliation/a.check.ts', '../ledger/l.service.js'],
  'integrity-imports': ['src/integrity/a.controller.ts', '../ledger/l.service.js'],
  'view-imports': ['src/sagas/a.service.ts', '../ledger/l.service.js'],
  'folder-in-no-class': ['src/gifts/g.service.ts', '../ledger/l.service.js'],
  'file-in-no-class': ['src/ledger/d.types.ts', '../glue.js'],
  'errors-ids-forms-import-no-folder': ['src/ids.ts', './inventory/i.types.js'],
  'folder-in-no-class-alone': ['src/bundles/b.types.ts', ''],
  'outbox-only': ['src/trades/x.service.ts', '../events/relay.js'],
  'rules-are-pure': ['src/ledger/l.rules.ts', 'typeorm'],
  'controllers-without-database': ['src/ledger/l.controller.ts', './l.statements.js'],
  'temporal-worker-in-the-worker': ['src/trades/y.service.ts', '@temporalio/worker'],
  'process-files-on-top': ['src/trades/z.service.ts', '../main.js'],
  'bench-through-the-front-door': ['bench/driver/d.ts', '../../src/process/config.js'],
  'service-without-stack': ['src/trades/s.service.ts', '../../stack/say.js'],
  'stripe-in-its-adapter': ['src/payments/p.types.ts', 'stripe'],
  'simulator-alone': ['simulator/money/m.ts', '../../src/process/config.js'],
  'nobody-imports-the-simulator': ['src/trades/n.service.ts', '../../simulator/main.js'],
};

/** What the broken imports lead to. */
const targets: Record<string, string> = {
  'src/ledger/b.types.ts': `import './a.types.js';`,
  'src/process/config.ts': '',
  'src/main.ts': '',
  'src/glue.ts': '',
  'workflows/settle-forward.ts': '',
  'src/ledger/l.statements.ts': '',
  'src/inventory/i.types.ts': '',
  'src/events/relay.ts': '',
  'stack/say.ts': '',
  'simulator/main.ts': '',
  'node_modules/typeorm/index.js': '',
  'node_modules/@temporalio/worker/index.js': '',
  'node_modules/stripe/index.js': '',
};

let tree: string;

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'veltrix-architecture-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    cpSync(join(root, file), join(tree, file));
  const files = {
    ...targets,
    ...Object.fromEntries(
      Object.values(broken).map(([file, imported]) => [file, imported === '' ? '' : `import '${imported}';`]),
    ),
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), `${text}\nexport {};\n`);
  }
});
afterAll(() => rmSync(tree, { recursive: true }));

function violations(folder: string): { name: string; from: string }[] {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'json',
      'src',
      'contracts',
      'workflows',
      'activities',
      'stack',
      'bench',
      'simulator',
    ],
    { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (stdout === '') throw new Error(stderr);
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } };
  return summary.violations.map(({ rule, from }) => ({ name: rule.name, from }));
}

test('every rule of the architecture refuses what it is there for', () => {
  const found = violations(tree);
  const silent = forbidden
    .map(({ name }) => name)
    .filter((name) => !found.some((one) => one.name === name && one.from === broken[name]?.[0]));
  expect(silent).toEqual([]);
});

test('every rule has its broken import here', () => {
  expect(Object.keys(broken).sort()).toEqual(forbidden.map(({ name }) => name).sort());
});
