import { Inject, Injectable } from '@nestjs/common';
import { parse } from 'csv-parse/sync';
import type { DataSource } from 'typeorm';
import { VeltrixError } from '../errors.js';
import { outboxInsertFrom } from '../events/outbox.js';
import { idPrefixes } from '../forms.js';
import { uuidOf } from '../ids.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { Parameters } from '../postgres/parameters.js';
import { caseConditions, type CaseFilter } from './breaks.reads.js';
import { decisionLine } from './reconciliation.shapes.js';

/** What an operator decides about a case. */
export interface Decision {
  /** `cas_…` */
  case: string;
  decision: 'assign' | 'accept';
  reason: string;
}

/** What operators decide about what was found. No decision makes a break go: that does a run which finds it no more. */
@Injectable()
export class CasesService {
  constructor(@Inject(MAIN_DATABASE) private readonly main: DataSource) {}

  /** Decides about all cases of a filter. @returns how many there were */
  async decideAll(
    title: string | null,
    filter: CaseFilter,
    { operator, decision, reason }: { operator: string } & Omit<Decision, 'case'>,
  ): Promise<number> {
    const parameters = new Parameters([title, operator]);
    const conditions = ['($1::text is null or title = $1)', ...caseConditions(filter, parameters)];
    const [decided, why] = [parameters.add(decision), parameters.add(reason)];
    return this.write(
      `select id, ${decided}::text as decision, ${why}::text as reason from reconciliation.cases
       where ${conditions.join(' and ')}`,
      parameters,
    );
  }

  /**
   * Decides about the cases that a CSV names, all or none. Its first line names the columns case, decision and reason.
   * @returns how many there were
   * @throws VeltrixError `validation-failed` with the lines that cannot be read, and the cases that are not there
   * or named twice
   */
  async decideCsv(title: string | null, csv: string, operator: string): Promise<number> {
    const lines = linesOf(csv);
    const twice = lines.filter((line, place) => lines.findIndex((one) => one.case === line.case) < place);
    if (twice.length > 0) throw faulty(twice.map((line) => `${line.case} has more than one line.`));
    const parameters = new Parameters([title, operator]);
    const given = parameters.columns({
      id: ['uuid', lines.map((line) => uuidOf(idPrefixes.case, line.case) ?? '')],
      decision: ['text', lines.map(({ decision }) => decision)],
      reason: ['text', lines.map(({ reason }) => reason)],
    });
    const known = new Set(
      (
        await this.main.query<{ id: string }[]>(
          `select id from reconciliation.cases where id = any($2::uuid[]) and ($1::text is null or title = $1)`,
          [title, lines.map((line) => uuidOf(idPrefixes.case, line.case))],
        )
      ).map(({ id }) => id),
    );
    const unknown = lines.filter((line) => !known.has(uuidOf(idPrefixes.case, line.case) ?? ''));
    if (unknown.length > 0) throw faulty(unknown.map((line) => `There is no case ${line.case}.`));
    return this.write(
      `select g.* from ${given.rows} join reconciliation.cases c on c.id = g.id and ($1::text is null or c.title = $1)`,
      parameters,
    );
  }

  /** Writes decisions: $1 is the title, $2 the operator. */
  private async write(chosen: string, parameters: Parameters): Promise<number> {
    const [row] = await this.main.query<[{ decided: string }]>(
      `with chosen as (${chosen}),
       changed as (
         update reconciliation.cases c set owner = case when n.decision = 'assign' then $2 else c.owner end
         from chosen n where c.id = n.id
         returning c.id, c.title, c.subject, c.type, n.decision, n.reason),
       events as (
         insert into reconciliation.case_events (case_id, event, operator, decision, reason)
         select id, 'decided', $2, decision, reason from changed order by id),
       told as (${outboxInsertFrom('reconciliation', {
         from: 'changed',
         type: `'break.decided'`,
         subject: 'subject',
         data: `json_build_object('type', type, 'operator', $2::text, 'decision', decision, 'reason', reason)`,
         order: 'id',
       })})
       select count(*) as decided from changed`,
      parameters.values,
    );
    return Number(row.decided);
  }
}

function linesOf(csv: string): Decision[] {
  let records: Record<string, string>[];
  try {
    records = parse(csv, { columns: true, skip_empty_lines: true, trim: true, bom: true });
  } catch {
    throw faulty(['It cannot be read as CSV with a line of column names.']);
  }
  const read = records.map((record, place) => ({ place: place + 2, ...decisionLine.safeParse(record) }));
  const faults = read
    .filter(({ success }) => !success)
    .map(({ place }) => `Line ${place} is no decision about a case.`);
  if (read.length === 0) throw faulty(['It has no line of a decision.']);
  if (faults.length > 0) throw faulty(faults);
  return read.flatMap(({ data }) => data ?? []);
}

function faulty(details: readonly string[]): VeltrixError {
  return new VeltrixError(
    'validation-failed',
    'The CSV needs the columns case, decision and reason, with cases that are there, each once.',
    details.slice(0, 20).map((detail) => ({ pointer: '/csv', code: 'validation-failed', detail })),
  );
}
