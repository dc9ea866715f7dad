export function copyCheckout(copy: string): void;
