import { idPrefixes } from '../forms.js';
import { idOf } from '../ids.js';
import type { Instance, InstanceState, Item, Movement, MovementKind, Properties } from './inventory.types.js';

/* The rows that are told to callers, and what they are told. The driver gives a bigint as text. */

export const itemColumns = 'code, name, tradeable, minting_limit, retired, version, created_at, updated_at';

export interface ItemRow {
  code: string;
  name: string;
  tradeable: boolean;
  minting_limit: number | null;
  retired: boolean;
  version: string;
  created_at: Date;
  updated_at: Date;
}

export function itemOf(row: ItemRow): Item {
  const { code, name, tradeable, minting_limit: limit, retired } = row;
  return {
    code,
    name,
    tradeable,
    limit,
    retired,
    version: Number(row.version),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export const instanceColumns = 'id, item, owner, state, properties, serial, version, created_at, updated_at';

export interface InstanceRow {
  id: string;
  item: string;
  owner: string;
  state: InstanceState;
  properties: Properties;
  serial: number | null;
  version: string;
  created_at: Date;
  updated_at: Date;
}

export function instanceOf(row: InstanceRow): Instance {
  const { item, owner, state, properties, serial } = row;
  return {
    id: idOf(idPrefixes.instance, row.id),
    item,
    owner,
    state,
    properties,
    serial,
    version: Number(row.version),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export const movementColumns = 'version, kind, from_owner, to_owner, cause, created_at';

export interface MovementRow {
  version: string;
  kind: MovementKind;
  from_owner: string | null;
  to_owner: string | null;
  cause: string;
  created_at: Date;
}

export function movementOf(row: MovementRow): Movement {
  const { kind, cause } = row;
  return {
    version: Number(row.version),
    kind,
    from: row.from_owner,
    to: row.to_owner,
    cause,
    createdAt: row.created_at,
  };
}
