import type { Check, Finding, Look, Part } from '../checks.types.js';
import { findingOf } from './money.rules.js';
import { readPurchases } from './money-bundle.reads.js';
import { readFrom } from './provider-import.js';
import type { ObjectName, RecordRow } from './provider-objects.types.js';
import { readKnown, readNamed, readRecords } from './provider.reads.js';
import { judgeRecord, ownerOf, purchaseOf, type Owner } from './provider.rules.js';

/** How many records are a part. */
const limit = 1_000;

/** Looks for what the provider has and nobody knows here, and for what has changed there after it was settled. */
export const providerCheck: Check = {
  name: 'provider',
  kinds: ['incremental', 'full', 'history'],

  async look(look, after): Promise<Part> {
    const { title } = look.run;
    const behind = after === null ? null : nameOf(after);
    const records = await readRecords(look.read.main, behind, { title, since: readFrom(look), limit });
    const owned = await owners(look, records);
    const looked = Object.fromEntries(
      (['ours', 'unknown', 'foreign', 'nobody'] as const).map((owner) => [
        `records-${owner}`,
        owned.filter((one) => one.owner === owner).length,
      ]),
    );
    const last = records.length < limit ? undefined : records.at(-1);
    return { findings: owned.flatMap(findingsOf), looked, next: last === undefined ? null : placeOf(last) };
  },

  async again(look, places): Promise<Finding[]> {
    const records = await readNamed(look.read.main, [...new Set(places)].map(nameOf));
    return (await owners(look, records)).flatMap(findingsOf);
  },
};

interface Owned {
  record: RecordRow;
  owner: Owner;
}

/** A purchase without a payment is known as well: what is wrong with it is found among the deals. */
async function owners({ read }: Look, records: readonly RecordRow[]): Promise<Owned[]> {
  const purchases = [...new Set(records.flatMap((one) => purchaseOf(one) ?? []))];
  const intents = records.flatMap(({ title, provider, intentId }) =>
    intentId === null ? [] : [{ title, provider, id: intentId }],
  );
  const [payments, deals] = await Promise.all([
    readKnown(read.payments, purchases, intents),
    readPurchases(
      read.main,
      purchases.flatMap((id) => /^pur_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(id)?.[1] ?? []),
    ),
  ]);
  const known = new Set([
    ...payments.map(({ title, id, reference }) => `${title} ${reference ?? id}`),
    ...deals.map(({ title, id }) => `${title} ${id}`),
  ]);
  return records.map((record) => {
    const isKnown =
      known.has(`${record.title} ${purchaseOf(record)}`) || known.has(`${record.title} ${record.intentId}`);
    return { record, owner: ownerOf(record, isKnown) };
  });
}

function findingsOf({ record, owner }: Owned): Finding[] {
  const { title, provider, id } = record;
  const about = { title, subject: id, account: `system:clearing:${provider}`, place: placeOf(record) };
  return judgeRecord(record, owner).map((found) => findingOf(about, found));
}

function placeOf({ title, provider, kind, id }: ObjectName): string {
  return JSON.stringify([title, provider, kind, id]);
}

function nameOf(place: string): ObjectName {
  const [title, provider, kind, id] = JSON.parse(place) as string[];
  return { title: title ?? '', provider: provider ?? '', kind: kind as ObjectName['kind'], id: id ?? '' };
}
