import pg from 'pg';

/** What was kept under a key of the ledger or of the inventory. */
export interface KeptRow {
  key: string;
  /** `trf_…` or `ins_…`, where there is one. */
  id: string | null;
  /** The code of a refusal. */
  code: string | null;
}

export interface TransferRow {
  id: string;
  kind: string;
  reference: string | null;
  /** As `<from>><to>:<asset>:<amount>`, in the order of the legs. */
  legs: string[];
  /** How often the feed tells of it. */
  told: number;
}

export interface TradeRow {
  id: string;
  key: string;
  state: string;
  code: string | null;
  legs: string[];
  items: string[];
  accepted: number;
  closed: number;
}

export interface InstanceRow {
  id: string;
  owner: string;
  state: string;
  /** Each movement as `<kind>:<cause>`, in order. */
  movements: string[];
}

/** Everything that the system says of itself in the end, and what in it does not agree with itself. */
export interface Books {
  transfers: TransferRow[];
  transferOutcomes: KeptRow[];
  trades: TradeRow[];
  instances: InstanceRow[];
  issues: (KeptRow & { command: string })[];
  /** Minor units of gold by owner. */
  balances: Map<string, bigint>;
  /** How many trades each run was the last to be noted for, the largest first. */
  convoys: number[];
  /** One sentence for each disagreement. */
  disagreements: string[];
}

/** Pairs of entries, the taker's first, make the legs of a transfer. */
const legsOf = `(select array_agg(f.owner || '>' || g.owner || ':' || g.asset || ':' || e2.amount order by e2.leg)
  from ledger.entries e1 join ledger.accounts f on f.id = e1.account_id
  join ledger.entries e2 on e2.sequence = e1.sequence and e2.leg = e1.leg and e2.amount > 0
  join ledger.accounts g on g.id = e2.account_id
  where e1.sequence = t.sequence and e1.amount < 0)`;

/** Each query answers one row for every place where the books do not agree with themselves. */
const disagreements: [what: string, query: string][] = [
  ['the balances of an asset do not sum to zero', `select asset as where from ledger.accounts group by title, asset having sum(credits_posted - debits_posted) <> 0`],
  ['a transfer does not sum to zero', `select sequence as where from ledger.entries group by sequence having sum(amount) <> 0`],
  [
    'an account is not the sum of its entries',
    `select a.owner as where from ledger.accounts a left join ledger.entries e on e.account_id = a.id
     group by a.id having coalesce(sum(e.amount), 0) <> a.credits_posted - a.debits_posted or count(e.*) <> a.version or coalesce(max(e.version), 0) <> a.version`,
  ],
  [
    'a running balance jumps',
    `select account_id as where from (select account_id, posted, sum(amount) over (partition by account_id order by version) as running from ledger.entries) e where posted <> running`,
  ],
  ['a player owes', `select owner as where from ledger.accounts where owner like 'player:%' and credits_posted - debits_posted < 0`],
  ['a hold is open', `select exchange as where from inventory.holds where state = 'held'`],
  ['an instance is held', `select id as where from inventory.instances where state = 'held'`],
  ['a trade is open', `select id as where from trades.trades where closed_at is null`],
  [
    'an instance and its movements differ',
    `select i.id as where from inventory.instances i join inventory.movements m on m.instance = i.id
     group by i.id having count(*) <> i.version or max(m.version) <> i.version
       or (i.state = 'owned' and (array_agg(m.to_owner order by m.version desc))[1] is distinct from i.owner)`,
  ],
  [
    'an item was taken from somebody who did not have it',
    `select instance as where from (select instance, from_owner, lag(to_owner) over (partition by instance order by version) as had from inventory.movements) m
     where from_owner is not null and from_owner is distinct from had`,
  ],
  [
    'a movement is not told once',
    `select m.instance as where from inventory.movements m left join inventory.facts o
       on o.subject = 'ins_' || m.instance and (o.data->>'version')::bigint = m.version
     group by m.instance, m.version having count(o.id) <> 1`,
  ],
  ['a movement is told that was not made', `select subject as where from inventory.facts where type like 'instance.%' and not exists (select from inventory.movements where 'ins_' || instance = subject and version = (data->>'version')::bigint)`],
  ['a transfer is told that was not booked', `select subject as where from ledger.facts where type = 'transfer.posted' and not exists (select from ledger.transfers where 'trf_' || id = subject)`],
  ['a transfer stands under no key', `select id as where from ledger.transfers t where not exists (select from ledger.outcomes where transfer_id = t.id)`],
];

/** Reads the books of a system that is at rest. */
export async function readBooks(connectionString: string): Promise<Books> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const rows = async <T extends pg.QueryResultRow>(sql: string): Promise<T[]> => (await client.query<T>(sql)).rows;
    const found: string[] = [];
    for (const [what, query] of disagreements) found.push(...(await rows<{ where: string }>(query)).map(({ where }) => `${what}: ${where}`));
    const balances = await rows<{ owner: string; posted: string }>(`select owner, credits_posted - debits_posted as posted from ledger.accounts where asset = 'gold'`);
    return {
      transfers: await rows<TransferRow>(
        `select 'trf_' || id as id, kind, reference, ${legsOf} as legs, coalesce(told, 0) as told
         from ledger.transfers t left join (
           select subject, count(*)::int as told from ledger.facts where type = 'transfer.posted' group by subject) f on f.subject = 'trf_' || t.id`,
      ),
      transferOutcomes: await rows<KeptRow>(`select key, 'trf_' || transfer_id as id, cause_code as code from ledger.outcomes`),
      trades: (await rows<Omit<TradeRow, 'legs' | 'items'> & { parties: Parties }>(
        `select 'trd_' || id as id, key, state, reason_code as code, parties, coalesce(accepted, 0) as accepted, coalesce(closed, 0) as closed
         from trades.trades t left join (
           select subject, (count(*) filter (where type = 'trade.accepted'))::int as accepted, (count(*) filter (where type <> 'trade.accepted'))::int as closed
           from trades.facts group by subject) f on f.subject = 'trd_' || t.id`,
      )).map(({ parties, ...row }) => ({ ...row, legs: legsAsked(parties), items: parties.flatMap(({ gives }) => gives.items) })),
      instances: await rows<InstanceRow>(
        `select 'ins_' || id as id, owner, state, (select array_agg(kind || ':' || cause order by version) from inventory.movements where instance = i.id) as movements from inventory.instances i`,
      ),
      issues: await rows<KeptRow & { command: string }>(`select key, command, 'ins_' || instance as id, cause_code as code from inventory.outcomes`),
      balances: new Map(balances.map(({ owner, posted }) => [owner, BigInt(posted)])),
      convoys: (await rows<{ trades: number }>('select count(*)::int as trades from trades.trades group by workflow_id order by 1 desc')).map(({ trades }) => trades),
      disagreements: found,
    };
  } finally {
    await client.end();
  }
}

type Parties = { player: string; gives: { amounts: { asset: string; amount: string }[]; items: string[] } }[];

function legsAsked(parties: Parties): string[] {
  return parties.flatMap(({ player, gives }, side) => gives.amounts.map(({ asset, amount }) => `player:${player}>player:${parties[1 - side]?.player}:${asset}:${amount}`));
}
