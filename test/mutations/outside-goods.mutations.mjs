/** Goods that follow money which moves without our asking: once each, with their share, and back with it. */
const mutation = ([file, test], name, find, replace, says) => ({ name, file, find, replace, test, says });
const pure = 'src/refunds/outside-goods.rules.test.ts';
const stored = 'test/refunds/outside-goods.test.ts';
const back = 'test/refunds/outside-goods-back.test.ts';
const rules = 'src/refunds/outside-goods.rules.ts';
const service = 'src/refunds/outside-goods.service.ts';
const totals = 'src/refunds/totals.statements.ts';
const statements = 'src/payments/outside-goods.statements.ts';
const disputes = 'test/payments/disputes.test.ts';

export default [
  mutation(
    [rules, pure],
    'goods taken again that stayed away',
    'least(counted, away - sumOf(standing(refunds)))',
    'counted',
    'takes no goods again that stayed away',
  ),
  mutation(
    [rules, pure],
    'money that leaves while all of it is being taken back',
    'totals.reversing > 0n || ',
    '',
    'also where that is all of it',
  ),
  mutation(
    ['src/exchanges/deals.service.ts', stored],
    'what takes nothing counted by each try of its transaction',
    'if (now.length > 0) await this.admission?.settled?.(tx, now);',
    'if (ids.length > 0) await this.admission?.settled?.(tx, ids);',
    'counts once where its COMMIT is not answered',
  ),
  mutation(
    [totals, back],
    'stock lost by a dispute that was won',
    "where b.reverses = r.id and b.counts and b.state = 'succeeded'))`,",
    'where b.reverses = r.id and false))`,',
    'gives its stock back',
  ),
  mutation(
    [totals, 'test/refunds/totals-plan.test.ts'],
    'every refund read for each quote',
    "where b.reverses = r.id and b.counts and b.state = 'succeeded')), '[]')",
    "where b.reverses = r.id and b.state = 'succeeded')), '[]')",
    'reads no refund of another purchase',
  ),
  mutation(
    ['src/payments/outside.rules.ts', 'src/payments/outside.rules.test.ts'],
    'movements of a dispute taken in any order',
    'for (const transaction of inTime(told.transactions))',
    'for (const transaction of told.transactions)',
    'in whichever order they are told',
  ),
  mutation(
    [rules, pure],
    'found refund taken beside an open one that leaves too little',
    "  if (left < wanted && totals.promised > 0n) return 'later';\n",
    '',
    'waits for open refunds',
  ),
  mutation(
    [rules, pure],
    'found refund of more than is left',
    'const amount = least(wanted, left);',
    'const amount = wanted;',
    'takes no more than is left',
  ),
  mutation(
    [rules, pure],
    'found refund forgotten while the purchase goes on',
    "return isOpen(purchase.state) ? 'later' : 'nothing';",
    "return 'nothing';",
    'waits for a purchase that goes on',
  ),
  mutation(
    [rules, pure],
    'goods given back with the first part of the money',
    "  if (away > 0n) return 'nothing';\n",
    '',
    'takes back nothing before all of it is back',
  ),
  mutation([rules, pure], 'goods given back twice', ' && !reversed.has(id)', '', 'takes back once'),
  mutation(
    [rules, pure],
    'loss that was written off given to the player',
    '({ from: to, to: from, asset, amount: String(amount) })',
    "({ from: to, to: from.replace('system:fees', 'player:ann'), asset, amount: String(amount) })",
    'as it was booked',
  ),
  mutation(
    [service, stored],
    'found refund without a key of its movement',
    "  const key = ['§', provider, kind, reference, terms.reverses?.refund].filter(Boolean).join('/');",
    "  const key = ['§', provider, kind, reference, newId(idPrefixes.refund)].filter(Boolean).join('/');",
    'no request can have the key',
  ),
  mutation(
    [service, stored],
    'found refund by a key that a request can have',
    "['§', provider,",
    "['outside', provider,",
    'no request can have the key',
  ),
  {
    name: 'one movement that cannot be decided keeps all others',
    file: service,
    find: '    } catch (error) {\n      this.log.warn(',
    replace: '    } catch (error) {\n      if (error instanceof Error) throw error;\n      this.log.warn(',
    test: stored,
    says: 'keeps no other from its goods',
    red: 'There is no purchase',
  },
  mutation(
    [totals, back],
    'reversed refund counted as taken',
    " and r.reverses is null and not exists (\n           select from refunds.refunds b where b.reverses = r.id and b.counts and b.state = 'succeeded')), '[]') as taken",
    " and r.reverses is null), '[]') as taken",
    'takes back the refund once, and then all can be refunded',
  ),
  mutation(
    [totals, back],
    'reversal counted as given back',
    'refunded = refunded + g.given - g.reversed,',
    'refunded = refunded + g.given,',
    'takes back the refund once',
  ),
  mutation(
    ['src/refunds/refunds.rules.ts', 'src/refunds/refunds.rules.test.ts'],
    'refund beside a reversal that is open',
    'totals.reversing > 0n || ',
    '',
    'waits for what another one takes back',
  ),
  mutation(
    ['src/refunds/refund-intake.ts', 'test/refunds/accept.test.ts'],
    'refund of a disputed purchase accepted',
    "return view?.dispute === 'open' ? purchaseDisputed : undefined;",
    'return view === undefined ? purchaseDisputed : undefined;',
    'of a disputed purchase is declined',
  ),
  mutation(
    [statements, disputes],
    'later movement followed before an earlier one',
    ' and not exists (\n         select from payments.outside_movements e\n         where e.payment = m.payment and e.id < m.id and e.goods_due_at is not null)',
    '',
    'one movement after the other',
  ),
];
