import type { Connection } from '@temporalio/client';
import { openConnection } from '../../src/temporal/open-connection.js';

/** The connection of the usual way's client, which is made as that of Veltrix. */
export function usualConnection(address: string): Connection {
  return openConnection({ address });
}
