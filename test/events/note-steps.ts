import type { SagasService } from '../../src/sagas/sagas.service.js';
import { noteOf } from '../sagas/samples.js';
import { fact, type Told } from './fact-types.js';

/** Notes that a saga is stuck, parked and freed. @returns what is to be told then */
export async function noteThrice(service: SagasService): Promise<Told[]> {
  const id = 'trd_01a224e5-be9d-7279-b71d-e17a958ff222';
  const stands = { step: 'inventoryMove', why: 'The items cannot be reached.' };
  await service.note(noteOf(id));
  await service.note(noteOf(id, { number: 2, state: 'parked', owner: 'olga' }));
  await service.note(noteOf(id, { number: 3, state: 'running', stuckAt: null, owner: null }));
  return [
    fact('saga.stuck', id, stands),
    fact('saga.parked', id, { ...stands, owner: 'olga' }),
    fact('saga.freed', id, {}),
  ];
}
