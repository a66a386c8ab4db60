/** @returns the absolute path of the per-user cache folder; BLANKSLATE_CACHE, when set, is that folder */
export function cacheFolder(environment?: NodeJS.ProcessEnv): string;
