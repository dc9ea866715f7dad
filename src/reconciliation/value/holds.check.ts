import type { Check, Finding, Look } from '../checks.types.js';
import { readDealStates, readNamingOthers } from './deal-states.reads.js';
import { holdsOfSlice, readHoldSlice } from './many-holds.reads.js';
import { readHolds } from './holds.reads.js';
import { judgeHold, type HoldRow } from './holds.rules.js';
import { lookAtInstances } from './instances.reads.js';
import { judgeGivers } from './instances.rules.js';
import { partSize } from './places.rules.js';
import { lookAtSlices } from './slices.js';

/**
 * The check of holds: each is of a deal, and its instances have gone where it says. What deals have given is named by
 * their holds.
 */
export const holdsCheck: Check = {
  name: 'holds',
  kinds: ['full', 'history'],
  look: (look, after) =>
    lookAtSlices(
      {
        size: holdsOfSlice,
        read: (from) => readHoldSlice(look, from),
        judge: async ({ named, odd, strangers }) => {
          // The deals are read after what names them.
          const lost = named === null ? [] : await readNamingOthers(look.read.main, named, 'any');
          const holds = await lookClosely(look, [...new Set([...odd, ...lost])].sort());
          return [...holds, ...(await lookAtGivers(look, strangers.sort()))];
        },
        lookedOf: ({ seen }) => ({ holds: seen }),
      },
      after ?? '',
    ),
  async again(look, places): Promise<Finding[]> {
    const instances = places.filter((place) => isUuid.test(place));
    const holds = await lookClosely(
      look,
      places.filter((place) => !isUuid.test(place)),
    );
    return [...holds, ...(await lookAtGivers(look, instances))];
  },
};

/** A place is the bare id of an instance, or the id of a deal. */
const isUuid = /^[0-9a-f]{8}-/;

async function lookAtGivers(look: Look, instances: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let from = 0; from < instances.length; from += partSize) {
    const { wrong } = await lookAtInstances(look, { ids: instances.slice(from, from + partSize) });
    findings.push(...wrong.flatMap(judgeGivers));
  }
  return findings;
}

async function lookClosely(look: Look, ids: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let from = 0; from < ids.length; from += partSize) {
    const rows = await readHolds(look, ids.slice(from, from + partSize));
    findings.push(
      ...(await judge(
        look,
        rows.filter(({ seen }) => seen),
      )),
    );
  }
  return findings;
}

async function judge({ read }: Look, rows: readonly HoldRow[]): Promise<Finding[]> {
  const deals = await readDealStates(
    read.main,
    rows.map(({ exchange }) => exchange),
  );
  return rows.flatMap((row) => judgeHold(row, deals.get(row.exchange)));
}
