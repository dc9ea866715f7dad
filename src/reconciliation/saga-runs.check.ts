import { Inject, Injectable } from '@nestjs/common';
import { Client, defaultPayloadConverter, type WorkflowExecutionInfo } from '@temporalio/client';
import { exchangeSagaWorkflow, sagaAttributes } from '../../contracts/sagas.js';
import { CONFIG, type Config } from '../process/config.js';
import { deadlineIn } from '../temporal/deadline.js';
import type { Check, Finding, Look, Part } from './checks.types.js';
import { grace } from './grace.rules.js';
import { dealOfEnded, findingOf, type DealOfRun, type SagaRun } from './saga-runs.rules.js';

const callTimeoutMs = 30_000;

/** How many runs that have ended are a part. */
const pageSize = 1_000;

/** From how long ago a run of everything looks at the runs that have ended. */
const endedMs = 72 * 3_600_000;

/** Where the part begins that looks at runs that have ended. What is behind it is the page of Temporal. */
const endedPlace = 'ended:';

/** Every kind of deal by the prefix of its ids: where its rows are. */
const tables: Readonly<Record<string, string>> = {
  trd: 'trades.trades',
  pur: 'purchases.purchases',
  rfd: 'refunds.refunds',
};

/**
 * The runs that Temporal has for deals which are closed, or which are not there. It asks Temporal for runs that are old
 * enough alone, which are few. A run of everything also looks at the sagas that have ended, because a database that was
 * restored has forgotten their deals.
 */
@Injectable()
export class SagaRunsCheck implements Check {
  readonly name = 'saga-runs';
  readonly kinds = ['hot', 'incremental', 'full', 'history'] as const;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly client: Client,
  ) {}

  async look(look: Look, after: string | null): Promise<Part> {
    if (after !== null) return this.lookAtEnded(look, after.slice(endedPlace.length));
    const runs = await this.call(() => this.running(look));
    const isOfAll = look.run.kind === 'full' || look.run.kind === 'history';
    const next = isOfAll ? endedPlace : null;
    return { findings: await this.judge(look, runs), looked: { runs: runs.length }, next };
  }

  async again(look: Look, places: readonly string[]): Promise<Finding[]> {
    if (places.length === 0) return [];
    const wanted = new Set(places);
    const runs = await this.call(async () => [...(await this.running(look)), ...(await this.endedOf(places))]);
    return (await this.judge(look, runs)).filter(({ place }) => wanted.has(place));
  }

  private async lookAtEnded(look: Look, page: string): Promise<Part> {
    const since = look.run.since ?? new Date(look.now.getTime() - endedMs);
    const { title } = look.run;
    const query =
      `${this.sagas} and ExecutionStatus != 'Running' and StartTime >= '${since.toISOString()}'` +
      (title === null ? '' : ` and ${sagaAttributes.title} = '${title}'`);
    const { executions, nextPageToken } = await this.call(() =>
      this.client.workflowService.listWorkflowExecutions({
        namespace: this.client.options.namespace,
        query,
        pageSize,
        nextPageToken: Buffer.from(page, 'base64'),
      }),
    );
    const runs = executions.map((one): SagaRun => {
      const said = one.searchAttributes?.indexedFields?.[sagaAttributes.title];
      const named = said === undefined || said === null ? null : defaultPayloadConverter.fromPayload<unknown>(said);
      const value: unknown = Array.isArray(named) ? named[0] : named;
      return {
        workflowId: one.execution?.workflowId ?? '',
        startTime: new Date(Number(one.startTime?.seconds ?? 0) * 1_000),
        isRunning: false,
        deal: null,
        title: typeof value === 'string' ? value : null,
      };
    });
    const token = Buffer.from(nextPageToken).toString('base64');
    const next = token === '' ? null : `${endedPlace}${token}`;
    return { findings: await this.judge(look, runs), looked: { 'ended-runs': runs.length }, next };
  }

  private get sagas(): string {
    return `TaskQueue = '${this.config.TASK_QUEUE}' and WorkflowType = '${exchangeSagaWorkflow}'`;
  }

  private call<Answer>(make: () => Promise<Answer>): Promise<Answer> {
    return this.client.withDeadline(deadlineIn(callTimeoutMs), make);
  }

  /** The runs of workflows that have ended. */
  private async endedOf(workflowIds: readonly string[]): Promise<SagaRun[]> {
    const ids = workflowIds.map((id) => `'${id}'`).join(', ');
    const query = `${this.sagas} and ExecutionStatus != 'Running' and WorkflowId in (${ids})`;
    const runs: SagaRun[] = [];
    for await (const info of this.client.workflow.list({ query })) runs.push(runOf(info));
    return runs;
  }

  private async running({ now, run: { title } }: Look): Promise<SagaRun[]> {
    const before = new Date(now.getTime() - grace.sagaMs).toISOString();
    const query =
      `${this.sagas} and ExecutionStatus = 'Running' and StartTime < '${before}'` +
      (title === null ? '' : ` and ${sagaAttributes.title} = '${title}'`);
    const runs: SagaRun[] = [];
    for await (const info of this.client.workflow.list({ query })) runs.push(runOf(info));
    return runs;
  }

  private async judge({ read, now }: Look, runs: readonly SagaRun[]): Promise<Finding[]> {
    const deals = new Map<string, DealOfRun>();
    for (const [prefix, table] of Object.entries(tables)) {
      const named = runs.map((run) => (run.isRunning ? run.deal : dealOfEnded(run)));
      const ids = named.flatMap((deal) => (deal?.startsWith(`${prefix}_`) === true ? deal.slice(4) : []));
      const convoys = runs.flatMap(({ deal, isRunning, workflowId }) => (isRunning && deal === null ? workflowId : []));
      const rows = await read.main.query<DealOfRun>(
        `select '${prefix}_' || id as id, title, closed_at as "closedAt", workflow_id as "workflowId"
         from ${table} where id = any($1::uuid[])
         union
         select '${prefix}_' || d.id, d.title, d.closed_at, d.workflow_id
         from ${table.split('.')[0] ?? ''}.open o join ${table} d on d.id = o.id
         where d.workflow_id = any($2::text[]) and d.closed_at is null`,
        [ids, convoys],
      );
      for (const row of rows) deals.set(row.id, row);
    }
    const lastClosed = await this.lastClosedOf(read, runs, deals);
    const found = runs.flatMap((run) => findingOf(run, deals, lastClosed, now) ?? []);
    const ended = new Set(runs.flatMap((run) => (run.isRunning ? [] : run.workflowId)));
    const isWrong = async (one: Finding): Promise<boolean> =>
      !ended.has(one.place) || !(await this.isOfOthers(read, one));
    const kept = await Promise.all(found.map(async (one) => ((await isWrong(one)) ? [one] : [])));
    return kept.flat();
  }

  /** When the last deals were closed of the convoys that run and have no open one. Others are left out. */
  private async lastClosedOf(
    { main }: Look['read'],
    runs: readonly SagaRun[],
    deals: ReadonlyMap<string, DealOfRun>,
  ): Promise<Map<string, Date>> {
    const withOpen = new Set([...deals.values()].map(({ workflowId }) => workflowId));
    const over = runs.filter((run) => run.isRunning && run.deal === null && !withOpen.has(run.workflowId));
    const last = new Map<string, Date>();
    for (const { workflowId } of over) {
      const ids = await this.dealsOf(workflowId);
      for (const [prefix, table] of Object.entries(tables)) {
        const [row] = await main.query<{ at: Date | null }>(
          `select max(closed_at) as at from ${table} where id = any($1::uuid[])`,
          [ids.flatMap((id) => (id.startsWith(`${prefix}_`) ? id.slice(4) : []))],
        );
        const before = last.get(workflowId);
        if (row?.at && (before === undefined || row.at > before)) last.set(workflowId, row.at);
      }
    }
    return last;
  }

  /**
   * Whether an ended convoy has settled deals that are there. It is named after the first that was to travel in it, and
   * that one may never have been accepted.
   */
  private async isOfOthers({ main }: Look['read'], { place }: Finding): Promise<boolean> {
    if (!place.startsWith('convoy/')) return false;
    const exchanges = await this.dealsOf(place);
    for (const [prefix, table] of Object.entries(tables)) {
      const ids = exchanges.flatMap((id) => (id.startsWith(`${prefix}_`) ? id.slice(4) : []));
      const there = await main.query(`select from ${table} where id = any($1::uuid[]) limit 1`, [ids]);
      if (there.length > 0) return true;
    }
    return false;
  }

  /** The deals that a run was started with. */
  private async dealsOf(workflowId: string): Promise<string[]> {
    const { namespace } = this.client.options;
    const { history } = await this.call(() =>
      this.client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: { workflowId },
        maximumPageSize: 1,
      }),
    );
    const [input] = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    const exchanges = input ? defaultPayloadConverter.fromPayload<readonly { id: string }[]>(input) : [];
    return exchanges.map(({ id }) => id);
  }
}

function runOf({ workflowId, startTime, status, searchAttributes }: WorkflowExecutionInfo): SagaRun {
  const said = (name: string): string | null => {
    const [value] = searchAttributes[name] ?? [];
    return typeof value === 'string' ? value : null;
  };
  return {
    workflowId,
    startTime,
    isRunning: status.name === 'RUNNING',
    deal: said(sagaAttributes.businessId),
    title: said(sagaAttributes.title),
  };
}
