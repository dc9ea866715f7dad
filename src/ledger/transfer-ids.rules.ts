import { idPrefixes } from '../forms.js';
import { uuidOf } from '../ids.js';

/** @throws Error if the text is not the id of a transfer, which only a mistake in Veltrix can bring about */
export function transferUuid(transfer: string): string {
  const uuid = uuidOf(idPrefixes.transfer, transfer);
  if (uuid === undefined) throw new Error(`${transfer} is not the id of a transfer.`);
  return uuid;
}
