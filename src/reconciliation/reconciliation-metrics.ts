import { Inject, Injectable, Module } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { METRICS_DATABASES, type Databases } from '../postgres/data-sources.js';
import { priorities, type Priority } from './break-types.rules.js';
import { runKinds, type RunKind } from './checks.types.js';

/** What operators see of reconciliation: what is open, when it last ran, and whether it could read everything. */
@Injectable()
export class ReconciliationMetrics {
  constructor(@Inject(Registry) registry: Registry, @Inject(METRICS_DATABASES) { main }: Databases) {
    new Gauge({
      name: 'veltrix_reconciliation_cases',
      help: 'Breaks that runs have found and that are not gone, by priority',
      labelNames: ['priority'],
      registers: [registry],
      async collect() {
        const rows = await main.query<{ priority: Priority; open: string }[]>(
          'select priority, count(*) as open from reconciliation.cases where cleared_at is null group by priority',
        );
        const open = new Map(rows.map((row) => [row.priority, Number(row.open)]));
        for (const priority of priorities) this.set({ priority }, open.get(priority) ?? 0);
      },
    });
    // One look serves these gauges, which the registry asks in one turn.
    let look: Promise<Map<RunKind, KindRow>> | undefined;
    const ofKinds = (): Promise<Map<RunKind, KindRow>> => (look ??= readKinds(main).finally(() => (look = undefined)));
    new Gauge({
      name: 'veltrix_reconciliation_last_seconds',
      help:
        'Seconds since a run of all titles has last finished, by kind; a kind covers those that look at less. ' +
        'Before the first: since there are titles',
      labelNames: ['kind'],
      registers: [registry],
      async collect() {
        for (const [kind, { age }] of await ofKinds()) this.set({ kind }, age);
      },
    });
    new Gauge({
      name: 'veltrix_reconciliation_incomplete',
      help: 'How many of the last runs of all titles in a row could not read a side whole, by kind; at most 10',
      labelNames: ['kind'],
      registers: [registry],
      async collect() {
        for (const [kind, { incomplete }] of await ofKinds()) this.set({ kind }, incomplete);
      },
    });
    new Gauge({
      name: 'veltrix_reconciliation_stopped',
      help: 'Of how many types the last run of all titles has repaired nothing, because there were too many, by kind',
      labelNames: ['kind'],
      registers: [registry],
      async collect() {
        for (const [kind, { stopped }] of await ofKinds()) this.set({ kind }, stopped);
      },
    });
  }
}

interface KindRow {
  age: number;
  incomplete: number;
  stopped: number;
}

async function readKinds(main: DataSource): Promise<Map<RunKind, KindRow>> {
  const rows = await main.query<({ kind: RunKind } & KindRow)[]>(
    `select k.kind, greatest(extract(epoch from now() - coalesce(
         (select finished_at from reconciliation.runs r
          where r.kind = any(k.covering) and r.title is null and r.chain is not null order by chain desc limit 1),
         (select min(created_at) from titles.titles), now())), 0)::float as age,
       (select count(*) filter (where incomplete_so_far)::int from (
         select bool_and(verdict = 'INCOMPLETE') over (order by chain desc) as incomplete_so_far from (
           select chain, verdict from reconciliation.runs r
           where r.kind = k.kind and r.title is null and r.chain is not null order by chain desc limit 10) l) s)
         as incomplete,
       (select count(distinct type)::int from reconciliation.repairs where state = 'stopped' and run = (
         select id from reconciliation.runs r
         where r.kind = k.kind and r.title is null and r.chain is not null order by chain desc limit 1)) as stopped
     from (select kind, array_agg(other) as covering
       from unnest($1::text[]) with ordinality a (kind, place) join
         unnest($1::text[]) with ordinality b (other, other_place) on other_place >= place group by kind) k`,
    [runKinds],
  );
  return new Map(rows.map(({ kind, ...row }) => [kind, row]));
}

/** The metrics of reconciliation, for both processes. */
@Module({ providers: [ReconciliationMetrics] })
export class ReconciliationMetricsModule {}
