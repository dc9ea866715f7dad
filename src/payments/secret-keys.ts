import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { VeltrixError } from '../errors.js';

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** A secret as it is stored: the nonce, the tag and the encrypted text, and the id of the key that has sealed it. */
export interface Sealed {
  sealedBy: string;
  bytes: Buffer;
}

/**
 * Seals secrets by AES-256-GCM. The first key of `VELTRIX_SECRETS_KEY` seals, and each of them opens what it has
 * sealed, so a key is rotated by a new one in front.
 */
export class SecretKeys {
  private readonly keys: Map<string, Buffer>;

  /** @param configured keys of 64 hexadecimal digits with commas between, or undefined for none */
  constructor(configured: string | undefined) {
    const keys = configured?.split(',').map((text) => Buffer.from(text, 'hex')) ?? [];
    this.keys = new Map(keys.map((key) => [idOfKey(key), key]));
  }

  /**
   * The id of the key that seals.
   * @throws VeltrixError `secrets-key-missing`
   */
  get current(): string {
    const [first] = this.keys.keys();
    if (first === undefined)
      throw new VeltrixError('secrets-key-missing', 'VELTRIX_SECRETS_KEY is not set, so no secret can be kept.');
    return first;
  }

  /**
   * @param context what the secret belongs to. It opens with the same context alone
   * @throws VeltrixError `secrets-key-missing`
   */
  seal(text: string, context: string): Sealed {
    const sealedBy = this.current;
    const nonce = randomBytes(nonceBytes);
    const sealing = createCipheriv(cipher, this.keys.get(sealedBy) as Buffer, nonce, { authTagLength: tagBytes });
    sealing.setAAD(Buffer.from(context));
    const encrypted = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
    return { sealedBy, bytes: Buffer.concat([nonce, sealing.getAuthTag(), encrypted]) };
  }

  /** @throws Error where the key is missing, or the bytes are not what was sealed for this context */
  open({ sealedBy, bytes }: Sealed, context: string): string {
    const key = this.keys.get(sealedBy);
    if (key === undefined) throw new Error(`The key ${sealedBy} is not in VELTRIX_SECRETS_KEY.`);
    const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
    opening.setAAD(Buffer.from(context));
    opening.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    return Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()]).toString('utf8');
  }
}

/** The id of a key, which tells nothing of it. */
function idOfKey(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8);
}
