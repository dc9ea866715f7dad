import { grace } from '../grace.rules.js';
import type { Found, MoneyBundle, Posting } from './money-bundle.types.js';
import { absolute } from './money-facts.rules.js';
import { keys } from './money-keys.rules.js';

/* Whether everything on a clearing account is a movement of the provider, and is posted once. */

/** What is wrong with what is posted of a purchase, apart from what goes by the provider's own records. */
export function judgePostings(bundle: MoneyBundle): Found[] {
  const known = new Set([...bundle.intents, bundle.strays].flatMap(movedOf));
  return bundle.postings.flatMap((posting) => {
    if (posting.amount === 0n) return [];
    if (posting.key === null) return judgeUnknown(bundle, posting);
    const isOfMovement = /^(?:dispute|outside-refund-failed)/.test(posting.key);
    if (!isOfMovement || known.has(posting.key) || !bundle.isWhole) return [];
    return [withoutMovement(posting)];
  });
}

/** The keys of what the provider says to have moved without our asking. */
function movedOf({ disputes, refunds }: MoneyBundle['strays']): string[] {
  return [
    ...refunds
      .filter(({ status }) => status === 'failed' || status === 'canceled')
      .map(({ id }) => keys.outside('outside-refund-failed', id)),
    ...disputes.flatMap(({ transactions }) =>
      transactions.flatMap(({ id, amount, fee }) => [
        keys.outside(amount.startsWith('-') ? 'dispute' : 'dispute-reinstated', id),
        keys.outside(fee.startsWith('-') ? 'dispute-fee-returned' : 'dispute-fee', id),
      ]),
    ),
  ];
}

/** A posting under no key that a movement of the purchase has. */
function judgeUnknown({ postings }: MoneyBundle, posting: Posting): Found[] {
  const { transfer, reason, reference, asset, amount, at, hasPlayer } = posting;
  const twin = postings.find(
    (one) =>
      one.key !== null &&
      one.reason === reason &&
      one.reference === reference &&
      one.asset === asset &&
      one.amount === amount,
  );
  if (twin === undefined) return [withoutMovement(posting)];
  // What is granted twice is found among the deals.
  if (hasPlayer) return [];
  const detail = `${transfer} books ${reason} of ${amount} ${asset} of ${reference} again, after ${twin.transfer}.`;
  return [{ type: 27, asset, amount: absolute(amount), detail, since: at, graceMs: 0 }];
}

function withoutMovement({ transfer, reason, asset, amount, at }: Posting): Found {
  return {
    type: 23,
    subject: transfer,
    asset,
    amount,
    detail: `${transfer} books ${reason} of ${amount} ${asset}, and nothing has moved so at the provider.`,
    since: at,
    graceMs: grace.providerMs,
  };
}
