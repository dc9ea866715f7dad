import { AccountsService } from '../../../src/payments/accounts.service.js';
import type { PaymentElement } from '../../../src/payments/payments.types.js';
import { loadConfig } from '../../../src/process/config.js';
import type { Check, Finding, Look, Part } from '../../../src/reconciliation/checks.types.js';
import { providerTables } from '../../../src/reconciliation/migrations/provider-tables.js';
import { moneyChecks } from '../../../src/reconciliation/money/money-checks.js';
import { ProviderImport } from '../../../src/reconciliation/money/provider-import.js';
import { openOutside, type OutsideWorld } from '../../payments/outside-world.js';
import { sessionReader } from '../session-reader.js';

/** What a run of the checks of money came to. */
export interface Ran {
  findings: Finding[];
  reasons: string[];
  parts: Part[];
}

/** The payments of a title with their purchases, and the checks of money over them. */
export interface MoneyWorld extends OutsideWorld {
  /** A purchase of 4.99 EUR that is captured, booked and completed. */
  bought(change?: Partial<PaymentElement>): Promise<PaymentElement & { intent: string }>;
  /** Makes the row of a purchase. */
  purchase(id: string, state: string, title?: string): Promise<void>;
  checks: readonly Check[];
  /** With what a run looks, so many hours from now. */
  look(change?: Partial<Look['run']>, hours?: number): Promise<Look>;
  /** Runs checks, all of them where none is named, so many hours from now. */
  run(names?: readonly string[], change?: Partial<Look['run']>, hours?: number): Promise<Ran>;
  /** What is found, as `4 pur_… system:clearing:stripe EUR 499`. */
  found(names?: readonly string[]): Promise<string[]>;
  /** Changes rows as nobody may. */
  damage(sql: string, parameters?: readonly unknown[]): Promise<void>;
}

let runs = 0;

export async function openMoney(): Promise<MoneyWorld> {
  const outside = await openOutside();
  const { source } = outside;
  await outside.provider.control('POST', 'webhooks', { mode: 'off' });
  await source.query('create schema if not exists reconciliation');
  const [made] = await source.query<{ is: string | null }[]>(
    `select to_regclass('reconciliation.provider_objects')::text as is`,
  );
  if (made?.is === null) for (const statement of providerTables) await source.query(statement);
  const config = loadConfig({
    VELTRIX_ADMIN_KEY: 'an-admin-key-of-tests',
    VELTRIX_SECRETS_KEY: '1'.repeat(64),
    DATABASE_URL: outside.url,
    STRIPE_API_URL: `http://127.0.0.1:${outside.provider.port}`,
    PAYMENT_CALL_TIMEOUT_SECONDS: '2',
  });
  const checks = moneyChecks(new ProviderImport(source, new AccountsService(source, config), config));
  const reader = sessionReader((sql, parameters) => source.query(sql, [...(parameters ?? [])]));
  const world: MoneyWorld = {
    ...outside,
    async purchase(id, state, title = 'arena') {
      const isClosed = !['accepted', 'stuck', 'requires_action', 'processing'].includes(state);
      const isGivenUp = isClosed && state !== 'completed';
      await source.query(
        `insert into purchases.purchases (id, title, key, fingerprint, state, player, product, version, quantity, pay,
           content, closed_at, reason_code, reason_detail)
         values ($1::uuid, $2, $1::uuid::text, '', $3, 'ann', 'pack', 1, 1, '{"currency":"EUR","amount":"499"}', '{}',
           case when $4::boolean then now() end, case when $5::boolean then 'so' end,
           case when $5::boolean then 'It is so.' end)`,
        [id.slice(4), title, state, isClosed, isGivenUp],
      );
    },
    async bought(change) {
      const element = await outside.captured(change);
      await world.purchase(element.id, 'completed', element.title);
      return element;
    },
    checks,
    async look(change = {}, hours = 48) {
      const [cut] = await source.query<{ xmax: string; at: Date }[]>(
        'select pg_snapshot_xmax(pg_current_snapshot())::text as xmax, now() as at',
      );
      if (cut === undefined) throw new Error('There is a snapshot.');
      const all = <Value>(value: Value) => ({ main: value, ledger: value, inventory: value, payments: value });
      return {
        read: all(reader),
        cut: all(cut),
        run: { id: `rec_${++runs}`, kind: 'full', title: null, since: null, ...change },
        now: new Date(cut.at.getTime() + hours * 3_600_000),
      };
    },
    async run(names, change = {}, hours = 48) {
      const look = await world.look(change, hours);
      const ran: Ran = { findings: [], reasons: [], parts: [] };
      for (const check of checks) {
        if (!check.kinds.includes(look.run.kind)) continue;
        if (names !== undefined && !names.includes(check.name) && check.name !== 'provider-import') continue;
        const places: string[] = [];
        for (let after: string | null = null; ;) {
          const part: Part = await check.look(look, after);
          ran.parts.push(part);
          ran.reasons.push(...(part.reasons ?? []).map(({ code, detail }) => `${code} ${detail}`));
          places.push(...part.findings.map(({ place }) => place));
          after = part.next;
          if (after === null) break;
        }
        ran.findings.push(...(places.length === 0 ? [] : await check.again(look, places)));
      }
      return ran;
    },
    async found(names = ['payments', 'provider', 'clearing', 'payouts', 'balance', 'operations']) {
      const { findings } = await world.run(names);
      return findings
        .map(({ type, subject, account, asset, amount }) => [type, subject, account, asset, amount].join(' '))
        .sort();
    },
    async damage(sql, parameters = []) {
      const runner = source.createQueryRunner();
      try {
        await runner.startTransaction();
        await runner.query('set local session_replication_role = replica');
        await runner.query(sql, [...parameters]);
        await runner.commitTransaction();
      } finally {
        await runner.release();
      }
    },
  };
  return world;
}
