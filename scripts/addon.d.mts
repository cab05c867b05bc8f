export const copyAddon: (platform: string, modules: string, to: string) => void
