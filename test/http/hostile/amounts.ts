/**
 * JSON texts that are no amount. They are put into a body as they are, because some of them no JSON library would
 * write.
 */
export const hostileAmounts: readonly string[] = [
  '"-5"',
  '-5',
  '"0"',
  '0',
  '-0',
  '"-0"',
  '1.5',
  '"1.50"',
  '5',
  '1e2',
  '"1e2"',
  '"NaN"',
  '"Infinity"',
  '""',
  '" 12 "',
  '"12\\n"',
  '"0x1F"',
  '"1_000"',
  '"1,000"',
  '"007"',
  '"+5"',
  '"１２"',
  '"٣"',
  '"Ⅷ"',
  `"${'9'.repeat(19)}"`,
  `"${'9'.repeat(10_000)}"`,
  'null',
  'true',
  '[]',
  '{}',
  '["5"]',
  '{"value":"5"}',
];

/** JSON texts that the parser itself refuses, because reading them would change them. */
export const unreadableAmounts: readonly string[] = ['9007199254740993', '1e309', '-1e309', '9'.repeat(400)];
