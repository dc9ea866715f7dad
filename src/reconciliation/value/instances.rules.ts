import type { Finding } from '../checks.types.js';

/** An instance with what is wrong with its history. */
export interface WrongInstance {
  id: string;
  title: string;
  item: string;
  owner: string;
  state: string;
  version: number;
  createdAt: string;
  /** How many movements it has. */
  many: number;
  /** The first movement that does not go on from the one before; null where all do. */
  brokenAt: number | null;
  /** Whose it is by its last movement, and in which state. */
  lastOwner: string | null;
  stateSaid: string;
  /** Whether it is set aside for another deal than its last movement says, or for one that holds it not. */
  isHeldByNobody: boolean;
  /** What deals have minted or moved that do not name it. */
  unnamed: { cause: string; to: string; isBesideItsDeal: boolean }[];
}

/** What is wrong with the history of an instance. */
export function judgeInstance(wrong: WrongInstance): Finding[] {
  const faults = faultsOf(wrong);
  if (faults.length === 0) return [];
  const detail = `The instance ${faults.join(', and ')}.`;
  return [{ ...aboutOf(wrong), type: 31, subject: `ins_${wrong.id}`, account: wrong.owner, detail }];
}

/** What is wrong with those who have given an instance: one finding for each deal that does not name it. */
export function judgeGivers(wrong: WrongInstance): Finding[] {
  const instance = `ins_${wrong.id}`;
  return wrong.unnamed.map(({ cause, to, isBesideItsDeal }): Finding => {
    const of = { ...aboutOf(wrong), account: to };
    return isBesideItsDeal
      ? { ...of, type: 11, subject: cause, detail: `${instance} is minted beside what it names.` }
      : { ...of, type: 31, subject: instance, detail: `${cause} has given it, and names it not.` };
  });
}

function aboutOf({
  id,
  title,
  item,
  createdAt,
}: WrongInstance): Pick<Finding, 'title' | 'asset' | 'amount' | 'since' | 'place'> {
  return { title, asset: item, amount: 1n, since: new Date(createdAt), place: id };
}

function faultsOf(wrong: WrongInstance): string[] {
  const { many, version, brokenAt, lastOwner, owner, stateSaid, state, isHeldByNobody } = wrong;
  if (many === 0) return ['has no movement'];
  const faults: [boolean, string][] = [
    [many !== version, `is at version ${version}, and has ${many} movements`],
    [brokenAt !== null, `has a movement, number ${brokenAt}, that does not go on from the one before`],
    [lastOwner !== owner, `is of ${owner}, and by its last movement of ${lastOwner}`],
    [stateSaid !== state, `is ${state}, and by its last movement ${stateSaid}`],
    [isHeldByNobody, 'is set aside for a deal that does not hold it'],
  ];
  return faults.flatMap(([is, text]) => (is ? text : []));
}
