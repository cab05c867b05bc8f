export const startupFile: (shell: string, platform?: string) => string
