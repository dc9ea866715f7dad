/** Four digits say all that such a measurement knows. */
export function rounded(result: object): object {
  return JSON.parse(
    JSON.stringify(result, (_name, value: unknown) =>
      typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value,
    ),
  ) as object;
}
