import type { Check, Finding, Look, Part, Reader } from '../checks.types.js';
import { findingOf } from './money.rules.js';
import { readWholeAccounts } from './money-bundle.reads.js';
import { readFrom } from './provider-import.js';
import { judgePayout, type PayoutRow } from './payouts.rules.js';

/** How many payouts are a part. */
const limit = 100;

/** Holds each payout to what it contains. */
export const payoutsCheck: Check = {
  name: 'payouts',
  kinds: ['incremental', 'full', 'history'],

  async look(look, after): Promise<Part> {
    const [title, provider, id] = JSON.parse(after ?? '["", "", ""]') as string[];
    const asked = [title, provider, id, look.run.title, readFrom(look), limit];
    const payouts = await readPayouts(
      look.read.main,
      `(title, provider, id) > ($2, $3, $4) and ($5::text is null or title = $5)
         and ($6::timestamptz is null or made_at >= $6) order by title, provider, id limit $7`,
      [look.run.id, ...asked],
    );
    const last = payouts.length < limit ? undefined : payouts.at(-1);
    return {
      findings: payouts.flatMap(findingsOf),
      looked: { payouts: payouts.length },
      next: last === undefined ? null : placeOf(last),
    };
  },

  async again(look: Look, places): Promise<Finding[]> {
    const names = [...new Set(places)].map((place) => JSON.parse(place) as string[]);
    const column = (at: number): (string | undefined)[] => names.map((name) => name[at]);
    const rows = await readPayouts(
      look.read.main,
      '(title, provider, id) in (select * from unnest($2::text[], $3::text[], $4::text[]))',
      [look.run.id, column(0), column(1), column(2)],
    );
    return rows.flatMap(findingsOf);
  },

  /** A payout of before the time that the run has read says nothing of its contents. */
  async unsure(look, places): Promise<string[]> {
    const whole = await readWholeAccounts(look.read.main, look.run.id, ['payout_contents', 'payouts']);
    const named = new Set(
      whole.filter(({ from }) => from === null).map(({ title, provider }) => `${title} ${provider}`),
    );
    return places.filter((place) => {
      const [title, provider] = JSON.parse(place) as string[];
      return !named.has(`${title} ${provider}`);
    });
  },
};

function findingsOf(row: PayoutRow): Finding[] {
  const { title, provider, id } = row;
  const about = { title, subject: id, account: `system:clearing:${provider}`, place: placeOf(row) };
  return judgePayout(row).map((found) => findingOf(about, found));
}

function placeOf({ title, provider, id }: PayoutRow): string {
  return JSON.stringify([title, provider, id]);
}

/** Payouts whose contents were read, with the sum of each kind of movement in them. @param where which of them */
function readPayouts(main: Reader, where: string, parameters: readonly unknown[]): Promise<PayoutRow[]> {
  return main.query(
    `with page as materialized (
       select title, provider, id, body, made_at from reconciliation.provider_objects
       where kind = 'payout' and ${where}
     )
     select p.title, p.provider, p.id, p.body, p.made_at as at,
       coalesce((select json_agg(json_build_object('type', s.type, 'net', s.net::text, 'currency', s.currency)
          order by s.type collate "C", s.currency collate "C")
        from (select t.body->>'type' as type, t.body->>'currency' as currency,
            sum((t.body->>'amount')::numeric - (t.body->>'fee')::numeric) as net
          from reconciliation.provider_objects t
          where t.title = p.title and t.provider = p.provider and t.payout = p.id group by 1, 2) s), '[]') as contents
     from page p join reconciliation.provider_lists l
       on l.title = p.title and l.provider = p.provider and l.list = 'payout_contents' and l.run = $1
       and l.state = 'whole'
     order by p.title, p.provider, p.id`,
    parameters,
  );
}
