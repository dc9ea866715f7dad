/** How many bytes of JSON an instance's properties may have: few enough to travel with every answer. */
export const maxBytes = 4096;
/** The name of a property. */
export const propertyName = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Why a value cannot be the properties of an instance, as a sentence, or undefined if it can.
 * Numbers must survive JSON unchanged, and text must be such that PostgreSQL can store it.
 */
export function propertiesProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'Properties must be an object.';
  for (const [name, property] of Object.entries(value)) {
    if (!propertyName.test(name))
      return 'The name of a property must be a letter and then up to 63 of A-Z a-z 0-9 _ . -';
    if (!isScalar(property))
      return `The property ${name} must be text, a number that a double holds exactly, true, false or null.`;
  }
  // JSON text without white space has the same length whatever the order of its keys, so this is its canonical size.
  if (Buffer.byteLength(JSON.stringify(value)) > maxBytes) return `Properties must fit ${maxBytes} bytes of JSON.`;
  return undefined;
}

function isScalar(value: unknown): boolean {
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number')
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  return typeof value === 'string' && !loneSurrogate.test(value) && !value.includes('\u0000');
}
