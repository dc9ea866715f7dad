import type { BoundaryMigrations } from '../postgres/migrations.js';
import { CreateCatalog1795964400000 } from './migrations/create-catalog.js';

/** The schema of the catalog. */
export const catalogMigrations: BoundaryMigrations = {
  schema: 'catalog',
  database: 'main',
  migrations: [CreateCatalog1795964400000],
};
