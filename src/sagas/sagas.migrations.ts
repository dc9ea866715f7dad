import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateSagas1795687200000 } from './migrations/create-sagas.js';

/** The schema of the sagas. */
export const sagasMigrations: BoundaryMigrations = {
  schema: 'sagas',
  database: 'main',
  migrations: [CreateSagas1795687200000],
};
