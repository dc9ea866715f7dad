const secrets = /secret_[^\s'"]+|\b(?:sk|rk|pk)_(?:test|live)_[^\s'"]+|\bwhsec_[^\s'"]+/g;
/** What may be the number of a card. */
const digits = /\b\d(?:[ -]?\d){11,18}\b/g;
const maxLength = 500;

/** What Stripe says, for people to read: without keys, client secrets and numbers of cards, and not too long. */
export function withoutSecrets(text: string): string {
  return text.replace(secrets, '…').replace(digits, '…').slice(0, maxLength);
}
