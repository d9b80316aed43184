// The multibranch pipeline of the repository of the application: a push to a branch creates its environment or updates the
// image. The pipeline of the environments removes deleted branches, started by a webhook or every night.
//
// Credentials: `environments` is a user with permission to push to the repository of the environments. Agents need git and
// pleach. Shell commands are in single quotes, so that Groovy does not insert branch names, which can contain shell syntax.
pipeline {
    agent any
    environment {
        ENVIRONMENTS = 'https://git.example.com/shop/environments.git'
    }
    stages {
        // Add a stage before this one that builds the image and pushes it.
        stage('environment') {
            when { not { changeRequest() } }
            steps {
                withCredentials([gitUsernamePassword(credentialsId: 'environments')]) {
                    sh '''
                        rm -rf environments
                        git clone -q "$ENVIRONMENTS" environments
                        sh environments/ci/publish.sh "$BRANCH_NAME is at $GIT_COMMIT" \
                            pleach branch set --create \
                            --image "backend=registry.example.com/shop/backend:$GIT_COMMIT" -- "$BRANCH_NAME"
                    '''
                }
            }
        }
    }
}
