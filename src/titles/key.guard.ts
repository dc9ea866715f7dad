import { hash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { VeltrixError } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Admission } from '../http/expectation.js';
import { accessOf } from '../http/scopes.js';
import { CONFIG, type Config } from '../process/config.js';
import { KeyRing } from './key-ring.js';
import { KeyUses } from './key-uses.js';
import { invalidity } from './key-validity.rules.js';
import { parseToken, secretMatches } from './tokens.rules.js';
import { WrongKeys } from './wrong-keys.js';

/** RFC 6750; the name of the scheme may be written in any case. */
const bearer = /^bearer ([A-Za-z0-9._~+/-]+=*)$/i;

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function unauthenticated(detail: string): VeltrixError {
  return new VeltrixError('unauthenticated', detail);
}

/**
 * Lets a request through to its handler if the handler has declared who may call it, and the caller is one of them.
 * A handler that has declared nothing is refused to everybody.
 */
@Injectable()
export class KeyGuard implements CanActivate, Admission {
  private readonly adminHash: Buffer;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly keys: KeyRing,
    private readonly uses: KeyUses,
    private readonly wrongKeys: WrongKeys,
  ) {
    this.adminHash = sha256(config.VELTRIX_ADMIN_KEY);
  }

  /** @throws VeltrixError `unauthenticated` or `forbidden` */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = accessOf(context.getHandler(), context.getClass());
    if (access?.kind === 'public' || access?.kind === 'signed') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = await this.authenticate(request);
    if (access?.kind === 'admin') {
      if (caller.kind !== 'admin') throw new VeltrixError('forbidden', 'Only the admin key may do this.');
    } else if (access?.kind === 'scope') {
      if (caller.kind === 'admin' && access.orAdmin === true) {
        request.caller = caller;
        return true;
      }
      if (caller.kind !== 'title')
        throw new VeltrixError('forbidden', "This needs a title's key; the admin key makes titles and keys only.");
      if (!caller.scopes.has(access.scope))
        throw new VeltrixError('forbidden', `The key lacks the scope ${access.scope}.`);
    } else {
      throw new VeltrixError('forbidden', 'Nobody may do this: the handler declares no scope.');
    }
    request.caller = caller;
    return true;
  }

  /**
   * Who sends a request, by the key in its header.
   * @throws VeltrixError `unauthenticated` or `too-many-wrong-keys`
   */
  async authenticate(request: FastifyRequest): Promise<Caller> {
    const values = request.raw.headersDistinct['authorization'];
    if (values === undefined)
      throw unauthenticated(
        'Send the key in the header: Authorization: Bearer <key>. A key is never read from anywhere else.',
      );
    const text = values.length === 1 ? bearer.exec(values[0] as string)?.[1] : undefined;
    if (text === undefined) throw await this.wrong(request, 'The Authorization header must be one: Bearer <key>.');
    if (timingSafeEqual(sha256(text), this.adminHash)) return { kind: 'admin' };
    const token = parseToken(text);
    const key = token && (await this.keys.find(token.id));
    if (token === undefined || key === undefined || !secretMatches(token.secret, key.secretHash))
      throw await this.wrong(request, 'The key is not known.');
    const fault = invalidity(key.validity, Date.now());
    if (fault !== undefined) throw await this.wrong(request, fault);
    this.uses.note(token.id);
    return { kind: 'title', title: key.title, keyId: token.id, scopes: key.scopes };
  }

  private wrong(request: FastifyRequest, detail: string): Promise<VeltrixError> {
    return this.wrongKeys.refusal(request.ip, unauthenticated(detail));
  }
}
