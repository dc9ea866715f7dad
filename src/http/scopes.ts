import { SetMetadata, applyDecorators, type CustomDecorator } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';

/** What a key may be allowed to do. A title's first key has them all. */
export const scopes = [
  'assets:read',
  'assets:write',
  'items:read',
  'items:write',
  'transfers:read',
  'transfers:write',
  'transfers:force',
  'players:read',
  'accounts:write',
  'item-instances:read',
  'item-instances:write',
  'catalog:read',
  'catalog:write',
  'trades:read',
  'trades:write',
  'purchases:read',
  'purchases:write',
  'refunds:read',
  'refunds:write',
  'payments:read',
  'payments:configure',
  'sagas:read',
  'sagas:operate',
  'integrity:read',
  'reconciliation:read',
  'reconciliation:run',
] as const;

/** One of the scopes. */
export type Scope = (typeof scopes)[number];

/** Who may call a handler. The key guard refuses every handler that does not declare one. */
export type Access =
  { kind: 'scope'; scope: Scope; orAdmin?: true } | { kind: 'admin' } | { kind: 'signed' } | { kind: 'public' };

const ACCESS = 'veltrix:access';

function setAccess(access: Access): CustomDecorator {
  return SetMetadata(ACCESS, access);
}

/** The handler may be called with a title's key that has this scope. */
export function RequireScope(scope: Scope): MethodDecorator & ClassDecorator {
  return applyDecorators(setAccess({ kind: 'scope', scope }), ApiBearerAuth('key'), ApiExtension('x-scope', scope));
}

/** The handler may be called with a title's key that has this scope, and with the admin key, which means all titles. */
export function RequireScopeOrAdmin(scope: Scope): MethodDecorator & ClassDecorator {
  return applyDecorators(
    setAccess({ kind: 'scope', scope, orAdmin: true }),
    ApiBearerAuth('key'),
    ApiBearerAuth('admin'),
    ApiExtension('x-scope', scope),
  );
}

/** The handler may be called with the admin key alone. */
export function AdminOnly(): MethodDecorator & ClassDecorator {
  return applyDecorators(setAccess({ kind: 'admin' }), ApiBearerAuth('admin'));
}

/** The handler may be called without a key. It believes nothing but a signature, which it checks itself. */
export function Signed(): MethodDecorator & ClassDecorator {
  return applyDecorators(setAccess({ kind: 'signed' }), ApiExtension('x-signed', true));
}

/** The handler may be called by anybody: health, metrics, documents. */
export function Public(): MethodDecorator & ClassDecorator {
  return setAccess({ kind: 'public' });
}

/** What a handler, or failing that its controller, has declared. */
export function accessOf(handler: object, controller: object): Access | undefined {
  const declared: unknown = Reflect.getMetadata(ACCESS, handler) ?? Reflect.getMetadata(ACCESS, controller);
  return declared as Access | undefined;
}
