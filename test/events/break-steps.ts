import type { INestApplication } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { MAIN_DATABASE } from '../../src/postgres/data-sources.js';
import { CONFIG, type Config } from '../../src/process/config.js';
import { CasesService } from '../../src/reconciliation/cases.service.js';
import { Readers } from '../../src/reconciliation/readers.js';
import { ReconciliationService } from '../../src/reconciliation/reconciliation.service.js';
import { breakOf, ScriptedCheck } from '../reconciliation/runs-world.js';
import { fact, type Told } from './fact-types.js';

/** Finds a break, decides about it, and finds it no more. @returns what is to be told then */
export async function findDecideAndClear(app: INestApplication): Promise<Told[]> {
  const main = app.get<DataSource>(MAIN_DATABASE, { strict: false });
  const config = app.get<Config>(CONFIG, { strict: false });
  const readers = new Readers(config);
  const books = new ScriptedCheck('books');
  const service = new ReconciliationService(main, [books], readers, config);
  const run = async (period: string): Promise<string> => {
    const { id } = await service.accept({ kind: 'full', title: 'arena', period, fingerprint: null, repair: 'make' });
    await service.begin(id, () => Promise.resolve(true));
    while (!(await service.lookOn(id, () => true)).done);
    await service.finish(id);
    return id;
  };
  books.parts = [[breakOf('player:ann', { title: 'arena' })]];
  const first = await run('asked/1');
  const decision = { decision: 'assign' as const, reason: 'I see to it.' };
  await app.get(CasesService, { strict: false }).decideAll('arena', {}, { operator: 'olga', ...decision });
  books.parts = [[]];
  const second = await run('asked/2');
  await readers.onApplicationShutdown();
  return [
    fact('break.found', 'player:ann', {
      reconciliation: first,
      ...{ type: 31, class: 'manual', priority: 'P1', account: 'player:ann', asset: 'gold', amount: '5' },
    }),
    fact('reconciliation.finished', first, { kind: 'full', verdict: 'BREAKS', breaks: 1, pending: 0 }),
    fact('break.decided', 'player:ann', { type: 31, operator: 'olga', ...decision }),
    fact('break.cleared', 'player:ann', { reconciliation: second, type: 31 }),
    fact('reconciliation.finished', second, { kind: 'full', verdict: 'RECONCILED', breaks: 0, pending: 0 }),
  ];
}
