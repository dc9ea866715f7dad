import type { AccountState, TransferElement, TransferLeg } from '../../src/ledger/ledger.types.js';

/** What the oracle is told of an asset. */
export interface OracleAsset {
  tradeable: boolean;
  maxBalance?: bigint;
}

const most = 999_999_999_999_999_999n;

/**
 * The ledger as a list of everything that was ever moved. A balance is the sum over the whole list, every time; there
 * are no accounts, versions or batches. It is slow and says the same as ledger.md, which is all it is for.
 */
export class Oracle {
  private readonly moved: { account: string; amount: bigint }[] = [];
  private readonly kept = new Map<string, { told: string; fingerprint: string | undefined }>();
  /** What was given back of a leg, by `transfer/leg`. */
  private readonly reversed = new Map<string, bigint>();
  /** What forced debits have frozen. */
  readonly frozen = new Set<string>();

  constructor(
    /** By `title/code`. */
    private readonly assets: ReadonlyMap<string, OracleAsset>,
    /** By `title/owner/asset`; the rest are open. */
    private readonly states: ReadonlyMap<string, AccountState> = new Map(),
  ) {}

  /** The sum of everything that was given to an account without what was taken from it. */
  balance(account: string): bigint {
    return this.moved.filter((move) => move.account === account).reduce((sum, { amount }) => sum + amount, 0n);
  }

  /** Every account that was ever named in a booked leg. */
  accounts(): string[] {
    return [...new Set(this.moved.map(({ account }) => account))];
  }

  /** `posted`, `key-reused`, or the code of the refusal. */
  transfer(element: TransferElement): string {
    const key = `${element.title}/${element.key}`;
    const fingerprint = element.fingerprint?.toString('hex');
    const known = this.kept.get(key);
    if (known !== undefined)
      return fingerprint !== undefined && known.fingerprint !== undefined && fingerprint !== known.fingerprint
        ? 'key-reused'
        : known.told;
    const asked = element;
    element = this.left(asked);
    const told = this.refusal(element, asked) ?? 'posted';
    if (told === 'posted') {
      const short = this.short(element);
      this.moved.push(...this.ends(this.split(element)));
      this.freeze(short);
      for (const [index, { amount }] of asked.legs.entries()) {
        if (asked.reverses === undefined) break;
        const place = `${asked.reverses}/${asked.parts?.[index]?.leg ?? index}`;
        const before = this.reversed.get(place) ?? 0n;
        this.reversed.set(place, asked.parts === undefined ? amount : before + amount);
      }
    }
    if (['exchange', 'paid'].includes(element.kind) || !['unknown-asset', 'validation-failed'].includes(told))
      this.kept.set(key, { told, fingerprint });
    return told;
  }

  /** The accounts that have less after it than before, and less than nothing. */
  private short(element: TransferElement): string[] {
    if (element.debit?.policy !== 'freeze') return [];
    const ends = this.ends(element);
    return ends.flatMap(({ account }) => {
      const gain = ends.filter((end) => end.account === account).reduce((sum, { amount }) => sum + amount, 0n);
      return account.includes('/player:') && gain < 0n && this.balance(account) + gain < 0n ? account : [];
    });
  }

  /** Whoever has come short has nothing leave any account that was ever booked on. */
  private freeze(short: readonly string[]): void {
    const owners = short.map((account) => account.slice(0, account.lastIndexOf('/') + 1));
    for (const account of this.accounts())
      if (owners.some((owner) => account.startsWith(owner)) && this.state(account) === 'open') this.frozen.add(account);
  }

  /** The code that was given with the first cancellation, or what was told before. */
  cancel({ title, key, code }: { title: string; key: string; code: string }): string {
    const known = this.kept.get(`${title}/${key}`);
    if (known === undefined) this.kept.set(`${title}/${key}`, { told: code, fingerprint: undefined });
    return known?.told ?? code;
  }

  private ends({ title, legs }: TransferElement): { account: string; amount: bigint }[] {
    return legs.flatMap(({ from, to, asset, amount }) => [
      { account: `${title}/${from}/${asset}`, amount: -amount },
      { account: `${title}/${to}/${asset}`, amount },
    ]);
  }

  /** What a reversal of the whole gives back: what is left of each leg. */
  private left(element: TransferElement): TransferElement {
    const { reverses, parts, legs } = element;
    if (reverses === undefined || parts !== undefined) return element;
    const so = legs.map((leg, n) => ({ ...leg, amount: leg.amount - (this.reversed.get(`${reverses}/${n}`) ?? 0n) }));
    return { ...element, legs: so.filter(({ amount }) => amount > 0n) };
  }

  private refusalOfReversal({ reverses, parts, legs }: TransferElement): string | undefined {
    if (reverses === undefined) return undefined;
    for (const [index, { leg, of }] of (parts ?? []).entries()) {
      const left = of - (this.reversed.get(`${reverses}/${leg}`) ?? 0n);
      if ((legs[index]?.amount ?? 0n) > left) return left === 0n ? 'already-reversed' : 'reversal-too-large';
    }
    return legs.length === 0 ? 'already-reversed' : undefined;
  }

  /** What a forced debit takes from players, and what it writes off: one leg after the other. */
  private split(element: TransferElement): TransferElement {
    const { title, debit } = element;
    if (debit?.policy !== 'available') return element;
    const legs: TransferLeg[] = [];
    for (const leg of element.legs) {
      const account = `${title}/${leg.from}/${leg.asset}`;
      const so = this.ends({ ...element, legs }).filter((end) => end.account === account);
      const there = so.reduce((sum, { amount }) => sum + amount, this.balance(account));
      const taken = leg.from.startsWith('player:')
        ? [0n, leg.amount, there].sort((a, b) => Number(a - b))[1]
        : leg.amount;
      if (taken === undefined) continue;
      if (taken > 0n) legs.push({ ...leg, amount: taken });
      if (taken < leg.amount) legs.push({ ...leg, from: debit.writeOff, amount: leg.amount - taken });
    }
    return { ...element, legs };
  }

  private refusal(element: TransferElement, asked: TransferElement): string | undefined {
    const { debit } = element;
    if (
      debit?.policy === 'available' &&
      element.legs.some(
        ({ from, to }) =>
          from.startsWith('player:') &&
          (to === debit.writeOff || (element.kind !== 'transfer' && to.startsWith('player:'))),
      )
    )
      return 'validation-failed';
    if (
      asked.legs.length === 0 ||
      element.legs.some(({ from, to, amount }) => from === to || amount < 1n || amount > most)
    )
      return 'validation-failed';
    const named = element.legs.flatMap(({ from, to, asset }) => [from, to, asset]);
    const returned = debit !== undefined && ['exchange', 'paid'].includes(element.kind);
    const banking = named.some((name) => name.startsWith('system:clearing:') || name === 'EUR');
    if (element.kind !== 'paid' && !returned && banking) return 'validation-failed';
    if (element.kind === 'paid' && !returned && element.legs.some(({ from }) => !/^system:(mint|clearing:)/.test(from)))
      return 'validation-failed';
    const given = this.refusalOfReversal(element);
    if (given !== undefined) return given;
    const assets = element.legs.map(({ asset }) => this.assets.get(`${element.title}/${asset}`));
    if (assets.includes(undefined)) return 'unknown-asset';
    const traded = element.legs.filter(({ from, to }) => [from, to].every((owner) => owner.startsWith('player:')));
    if (
      element.kind === 'exchange' &&
      !returned &&
      traded.some(({ asset }) => this.assets.get(`${element.title}/${asset}`)?.tradeable === false)
    )
      return 'asset-not-tradeable';
    const ends = this.ends(this.split(element));
    if (element.kind === 'paid') return this.overflow(ends);
    const states = this.ends(element)
      .filter(
        ({ account, amount }) => debit === undefined || (amount > 0n && !returned) || !account.includes('/player:'),
      )
      .map(({ account, amount }) => ({ state: this.state(account), amount }));
    const owed = element.kind === 'reversal';
    const blocked = states.find(({ state, amount }) => (amount < 0n ? state !== 'open' : state === 'closed' && !owed));
    if (blocked !== undefined) return `account-${blocked.state}`;
    return this.refusalByBalance(ends, debit !== undefined && debit.policy !== 'available', returned || owed);
  }

  private state(account: string): AccountState {
    return this.frozen.has(account) ? 'frozen' : (this.states.get(account) ?? 'open');
  }

  private refusalByBalance(
    ends: { account: string; amount: bigint }[],
    forced: boolean,
    returned: boolean,
  ): string | undefined {
    const gains = [...new Set(ends.map(({ account }) => account))].map((account) => {
      const gain = ends.filter((end) => end.account === account).reduce((sum, { amount }) => sum + amount, 0n);
      return { account, gain, after: this.balance(account) + gain };
    });
    // Who is below zero already can receive, and give nothing before they are above it.
    const asked = gains.filter(({ account }) => !account.includes('/system:mint/'));
    const gives = (account: string): boolean => ends.some((end) => end.account === account && end.amount < 0n);
    if (asked.some(({ account, after }) => after < 0n && gives(account) && !(forced && account.includes('/player:'))))
      return 'insufficient-funds';
    const limit = (account: string): bigint | undefined => this.assets.get(account.replace(/\/.*\//, '/'))?.maxBalance;
    if (
      !returned &&
      gains.some(
        ({ account, gain, after }) => account.includes('/player:') && gain > 0n && after > (limit(account) ?? after),
      )
    )
      return 'balance-limit-exceeded';
    return this.overflow(ends);
  }

  /** Every step on the way is told as an entry, so each must fit. */
  private overflow(ends: { account: string; amount: bigint }[]): string | undefined {
    const running = ends.map(
      ({ account }, index) =>
        this.balance(account) +
        ends.slice(0, index + 1).reduce((sum, end) => sum + (end.account === account ? end.amount : 0n), 0n),
    );
    return running.some((balance) => balance > most || balance < -most) ? 'balance-overflow' : undefined;
  }
}
