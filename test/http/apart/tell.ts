import type { SagaNote } from '../../../contracts/sagas.js';
import { SagasService } from '../../../src/sagas/sagas.service.js';
import { notesOf } from '../../sagas/samples.js';
import type { MadeDeal, World } from './world.js';

/** Keeps notes of the run of a deal. */
export async function tell(world: World, { id, kind, players }: MadeDeal, changes: Partial<SagaNote>[]): Promise<void> {
  const subjects = [{ id, title: world.title, kind, players }] as SagaNote['subjects'];
  for (const note of notesOf(id, ...changes.map((change) => ({ subjects, ...change }))))
    await world.service(SagasService).note(note);
}
