/** Payment accounts: who sees their secrets, and how they are kept. See mutations.mjs. */
const accounts = 'test/payments/accounts.test.ts';
const keys = 'src/payments/secret-keys.test.ts';

export default [
  {
    name: 'account written anew though it is so already',
    file: 'src/payments/accounts.service.ts',
    find: 'if (this.isSo(stored.account, stored.secrets, terms)) return stored.account;',
    replace: '',
    test: accounts,
    says: 'an account is written, read, written anew',
  },
  {
    name: 'account written over whatever version was expected',
    file: 'src/payments/accounts.service.ts',
    find: 'if (expectedVersion !== undefined && stored?.account.version !== expectedVersion)',
    replace: 'if (expectedVersion !== undefined && stored === undefined)',
    test: accounts,
    says: 'an account is written, read, written anew',
  },
  {
    name: 'secret kept as it was sent',
    file: 'src/payments/secret-keys.ts',
    find: 'return { sealedBy, bytes: Buffer.concat([nonce, sealing.getAuthTag(), encrypted]) };',
    replace: 'return { sealedBy, bytes: Buffer.concat([nonce, sealing.getAuthTag(), encrypted, Buffer.from(text)]) };',
    test: accounts,
    says: 'no secret is in the database',
  },
  {
    name: 'secret opened in another context',
    file: 'src/payments/secret-keys.ts',
    find: 'opening.setAAD(Buffer.from(context));',
    replace: "opening.setAAD(Buffer.from('arena'));",
    test: keys,
    says: 'is opened by the key that has sealed it, in its own context',
  },
  {
    name: 'old key forgotten before all is sealed anew',
    file: 'src/payments/secret-keys.ts',
    find: "configured?.split(',').map(",
    replace: "configured?.split(',').slice(0, 1).map(",
    test: keys,
    says: 'is opened while its key is there, and sealed anew by the first',
    red: 'is not in VELTRIX_SECRETS_KEY',
  },
  {
    name: 'short secret shown by its end',
    file: 'src/payments/accounts.rules.ts',
    find: "random.length < 8 ? '' : random.slice(-4)",
    replace: 'random.slice(-4)',
    test: 'src/payments/accounts.rules.test.ts',
    says: 'may be shown',
  },
  {
    name: 'title not asked: the account that is read',
    file: 'src/payments/accounts.statements.ts',
    find: '`select ${shown} from payments.accounts where title = $1 and provider = $2`',
    replace: '`select ${shown} from payments.accounts where $1::text is not null and provider = $2`',
    test: accounts,
    says: 'the account of a title is not found by another',
  },
];
