def run(program, request):
    return float(program.guess())
