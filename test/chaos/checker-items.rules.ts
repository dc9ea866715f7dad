import type { DealRow, InstanceRow, MovementRow } from './books.js';
import { dealMints, dealMoves, isDone } from './deals.rules.js';
import { standing, type Evidence, type Operation, type Say, type Told } from './evidence.rules.js';

/** Looks at the answer to a mint or a burn. */
export function checkIssued({ asked }: Operation, { status, body }: Told, evidence: Evidence, say: Say): void {
  if (status >= 300) return;
  const id = String(body['id']);
  const row = evidence.instances.get(id);
  if (
    row === undefined ||
    row.title !== asked.title ||
    evidence.issues.get(`${asked.title} ${asked.operation}/${asked.key}`)?.id !== id
  ) {
    return say('lost', `${id} was acknowledged and is not kept under its key`);
  }
  const [first, last] = [row.movements[0], row.movements.at(-1)];
  if (asked.operation === 'mint') {
    if (row.item !== asked.body['item'] || first?.to !== asked.body['owner'] || first?.cause !== asked.body['reason']) {
      say('lost', `${id} was minted as ${row.item} for ${first?.to} because of ${first?.cause}`);
    }
    if (
      body['version'] !== 1 ||
      body['owner'] !== asked.body['owner'] ||
      body['state'] !== 'owned' ||
      body['item'] !== asked.body['item']
    ) {
      say('wrong', `the mint was answered with ${JSON.stringify(body)}`);
    }
    return;
  }
  if (id !== asked.body['instance'] || last?.kind !== 'burn' || last.cause !== asked.body['reason'])
    say('lost', `${id} was burned and its last movement is ${last?.kind} because of ${last?.cause}`);
  for (const fault of unlikeInstance(body, row)) say('wrong', `${id} was answered with ${fault}`);
}

/** What an instance that was answered says otherwise than its movements up to that version. */
export function unlikeInstance(body: Record<string, unknown>, row: InstanceRow): string[] {
  const was = standing(row, Number(body['version']));
  if (was === undefined) return [`version ${String(body['version'])}, which it never had`];
  return Object.entries({ item: row.item, owner: was.owner, state: was.state, serial: row.serial }).flatMap(
    ([name, value]) =>
      (body[name] ?? null) === value
        ? []
        : [`the ${name} ${String(body[name])} at version ${String(body['version'])}, where it was ${value}`],
  );
}

/**
 * Every instance: each movement from who had it, for a cause that asked for just that, and the row as the last one left
 * it.
 */
export function checkInstances(evidence: Evidence, say: Say): void {
  for (const row of evidence.instances.values()) {
    let owner: string | null = null;
    let heldFor: string | null = null;
    for (const [index, movement] of row.movements.entries()) {
      const { version, kind, from, to, cause } = movement;
      const wrong = (sentence: string): void => say('wrong', `${row.id} at version ${version}: ${sentence}`);
      if (version !== index + 1) wrong(`it is movement ${index + 1}`);
      if (from !== owner) wrong(`it was taken from ${from} and ${owner} had it`);
      if ((kind === 'mint') !== (index === 0)) wrong(`it is a ${kind}`);
      const end = kind === 'move' || kind === 'release';
      if (heldFor !== (end ? cause : null)) wrong(`a ${kind} for ${cause} came while it was held for ${heldFor}`);
      heldFor = kind === 'hold' ? cause : null;
      const fault = unlikeAsked(row, movement, evidence);
      if (fault !== undefined) wrong(fault);
      owner = to;
    }
    const last = standing(row, row.movements.length);
    if (row.version !== row.movements.length)
      say('lost', `${row.id} has version ${row.version} and ${row.movements.length} movements`);
    if (last?.owner !== row.owner || last.state !== row.state) {
      say(
        'wrong',
        `${row.id} is ${row.state} by ${row.owner} and its movements make it ${last?.state} by ${last?.owner}`,
      );
    }
  }
}

/**
 * How a movement by a deal is not as the deal asked for it. Mints and burns by a key are looked at by their answers.
 */
function unlikeAsked(row: InstanceRow, movement: MovementRow, { deals }: Evidence): string | undefined {
  const { id, title } = row;
  const { kind, from, to, cause } = movement;
  const deal = deals.get(cause);
  if (kind === 'burn' || (kind === 'mint' && deal === undefined && !cause.startsWith('pur_'))) return undefined;
  if (deal?.title !== title) return `a ${kind} for ${cause}, which is no deal of ${title}`;
  if (kind === 'mint') return unlikeMint(row, movement, deal);
  const asked = dealMoves(deal).find(({ instance }) => instance === id);
  if (asked === undefined) return `a ${kind} for ${cause}, which did not ask for it`;
  const wanted = kind === 'move' ? asked.to : asked.from;
  if (from !== asked.from || to !== wanted)
    return `it went from ${from} to ${to}, and ${cause} asked for ${asked.from} to ${wanted}`;
  if (kind === 'move' && !isDone(deal)) return `it was moved for ${cause}, which is ${deal.state}`;
  return kind === 'release' && isDone(deal) ? `it was released for ${cause}, which is ${deal.state}` : undefined;
}

function unlikeMint({ id, item }: InstanceRow, { to, cause }: MovementRow, deal: DealRow): string | undefined {
  const asked = dealMints(deal).find(({ instance }) => instance === id);
  if (asked === undefined) return `a mint for ${cause}, which did not ask for it`;
  if (item !== asked.item || to !== asked.to)
    return `${item} was minted for ${to}, and ${cause} asked for ${asked.item} for ${asked.to}`;
  return isDone(deal) ? undefined : `it was minted for ${cause}, which is ${deal.state}`;
}
