/** How what has changed is told as a fact. See mutations.mjs. */
const told = 'test/events/told.test.ts';
const changes = 'tells that it was made, of each change of each member';

export default [
  {
    name: 'change of an asset not told',
    file: 'src/ledger/assets.service.ts',
    find: "  await writeFact(tx, title, 'asset.updated', asset);\n",
    replace: '',
    test: told,
    says: changes,
  },
  {
    name: 'change of an asset told as it was before',
    file: 'src/ledger/facts.rules.ts',
    find: 'scale, maxBalance: maxBalance?.toString(), tradeable,',
    replace: 'scale, maxBalance: maxBalance?.toString(),',
    test: told,
    says: changes,
  },
  {
    name: 'change of tradeable alone is none: assets',
    file: 'src/ledger/assets.service.ts',
    find: ' && asset.tradeable === tradeable;',
    replace: ';',
    test: told,
    says: changes,
  },
  {
    name: 'change of the limit alone is none',
    file: 'src/ledger/assets.service.ts',
    find: ' && asset.maxBalance === maxBalance',
    replace: '',
    test: told,
    says: changes,
  },
  {
    name: 'change of tradeable alone is none: items',
    file: 'src/inventory/items.service.ts',
    find: 'item.name === name && item.tradeable === tradeable && item.limit',
    replace: 'item.name === name && item.limit',
    test: told,
    says: changes,
  },
  {
    name: 'change of tradeable not written: items',
    file: 'src/inventory/items.service.ts',
    find: 'set name = $3, tradeable = $4, minting_limit',
    replace: 'set name = $3, tradeable = coalesce(tradeable, $4), minting_limit',
    test: told,
    says: changes,
  },
  {
    name: 'change of an item not told',
    file: 'src/inventory/items.service.ts',
    find: "  await writeFact(tx, title, 'item.updated', item);\n",
    replace: '',
    test: told,
    says: changes,
  },
  {
    name: 'key that is revoked not told',
    file: 'src/titles/titles.service.ts',
    find: "      await tell(tx, { title, type: 'key.revoked', subject: idOf(idPrefixes.key, id), data: { name: row.name } });\n",
    replace: '      void idOf;\n',
    test: told,
    says: 'keys tell that they were made and revoked',
  },
];
