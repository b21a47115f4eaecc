def judge(folder, binaries, top): return 0
