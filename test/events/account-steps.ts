const sent = { secretKey: 'sk_test_toldToldTold', settlementCurrency: 'EUR', spentGoods: 'debt' };
const data = { settlementCurrency: 'EUR', mode: 'test', spentGoods: 'debt' };

/** What is sent of a payment account, one after the other, and what is told then: nothing of its secrets. */
export const accountSteps: [
  status: number,
  method: string,
  act: string,
  body: Record<string, unknown>,
  type: string,
  data: unknown,
][] = [
  [200, 'PUT', '', sent, 'payment-account.created', { ...data, version: 1 }],
  [
    200,
    'PUT',
    '',
    { ...sent, secretKey: 'sk_live_toldToldTold', spentGoods: 'freeze' },
    'payment-account.updated',
    { ...data, mode: 'live', spentGoods: 'freeze', version: 2 },
  ],
];
