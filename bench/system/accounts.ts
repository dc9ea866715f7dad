/** The account of each design at the payment provider. An account of the simulator is whatever key is used first. */
export const secretKeys = {
  money: 'sk_test_benchVeltrix',
  'usual-purchase': 'sk_test_benchUsualWay',
  'inside-the-request': 'sk_test_benchInside',
  'client-alone': 'sk_test_benchClientAlone',
} as const;

export type PaidDesign = keyof typeof secretKeys;
