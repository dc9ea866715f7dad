import type { SagasService } from '../src/sagas/sagas.service.js';
import type { NoteActivities } from '../contracts/activities.js';

/** What a saga tells the operator's view of itself. */
export function sagaActivities(sagas: SagasService): Pick<NoteActivities, 'noteSaga'> {
  return { noteSaga: (note) => sagas.note(note) };
}
